using GitOps.Bundles;

namespace GitOps.Manifests.Kinds;

/// <summary>One label or annotation.</summary>
public readonly record struct LabelPair(string Key, string Value);

/// <summary>What every resource carries. Labels and annotations are sorted by key (ordinal).</summary>
public sealed record Metadata(string Name, EquatableArray<LabelPair> Labels, EquatableArray<LabelPair> Annotations);
