namespace GitOps.Agent.Host.Tests.Devices;

/// <summary>Tests that take the whole machine: they run when the others are done, whose devices answer within a time.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
