using GitOps.TestKit.Containers;

namespace GitOps.Containers.Tests;

/// <summary>One Podman for all tests of containers, which run one after the other.</summary>
[CollectionDefinition(nameof(PodmanTests))]
public sealed class PodmanTests : ICollectionFixture<TestPodman>;

/// <summary>One Docker for all tests of containers, beside Podman.</summary>
[CollectionDefinition(nameof(DockerTests))]
public sealed class DockerTests : ICollectionFixture<TestDocker>;
