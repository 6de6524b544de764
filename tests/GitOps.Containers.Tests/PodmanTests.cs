using GitOps.TestKit.Containers;

namespace GitOps.Containers.Tests;

/// <summary>One Podman for all tests of containers, which run one after the other.</summary>
[CollectionDefinition(nameof(PodmanTests))]
public sealed class PodmanTests : ICollectionFixture<TestPodman>;
