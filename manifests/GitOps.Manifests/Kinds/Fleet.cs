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
    SigningPolicy? Signing,
    IdentityPolicy Identity);

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

/// <summary>How long machines are believed.</summary>
/// <param name="CertificateLife">How long a node's certificate is good for; its agent renews it when two thirds of that are over.</param>
/// <param name="RenewalGrace">For how long after its end a certificate still gets the next one: nodes that were off. Zero: they enrol again.</param>
public sealed record IdentityPolicy(TimeSpan CertificateLife, TimeSpan RenewalGrace)
{
    /// <summary>Where no revision says otherwise.</summary>
    public static readonly IdentityPolicy Default = new(TimeSpan.FromDays(30), TimeSpan.FromDays(90));
}
