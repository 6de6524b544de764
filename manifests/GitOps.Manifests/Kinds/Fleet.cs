using GitOps.Manifests.Targeting;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>The one resource that speaks for the whole repository.</summary>
public sealed record FleetSpec(
    Guid Uid,
    YamlNode.Mapping Values,
    int BundleFormat,
    RolloutPolicy Rollout,
    RemovalPolicy Removal,
    string? ConfirmRemoval,
    bool AllowForcePush,
    FleetDefaults Defaults,
    AgentRelease? Agent,
    SigningPolicy? Signing);

public enum RolloutStrategy
{
    /// <summary>One node first; the rest when it is healthy.</summary>
    Canary,
    AllAtOnce,
}

/// <summary><paramref name="Canary"/> null: the first changed node by name.</summary>
public sealed record RolloutPolicy(RolloutStrategy Strategy, CanaryChoice? Canary, TimeSpan HealthTimeout);

public abstract record CanaryChoice
{
    private CanaryChoice() { } // closed: every case is in this file

    public sealed record Node(string Name) : CanaryChoice;

    /// <summary>The first changed node by name among those that match.</summary>
    public sealed record Matching(LabelSelector Selector) : CanaryChoice;
}

/// <summary>More (node, unit) removals than this in one push are held until confirmed.</summary>
public sealed record RemovalPolicy(int Limit);

public sealed record FleetDefaults(TimeSpan PollInterval);
