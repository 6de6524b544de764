using GitOps.Bundles;
using GitOps.Manifests.Sops;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.Kinds;

/// <summary>
/// A secret: ciphertext of this repository (<see cref="Age"/>, <see cref="Sops"/>), or something that lies on the node already (<paramref name="File"/>).
/// Without <paramref name="Keys"/> it has the single key <c>value</c>, and a file on the node is one file; with keys that is a
/// directory that holds one file for each.
/// </summary>
/// <param name="Version">With a file on the node and only there: text that people change when they change the secret.</param>
public sealed record SecretSpec(Placement Placement, string? File, EquatableArray<string> Keys, string? Version)
{
    /// <summary>The key of a secret that is one value.</summary>
    public const string SingleKey = "value";

    /// <summary>The file of age in the repository; null: it lies on the node.</summary>
    public ContentSource.Source? Age { get; init; }

    /// <summary>The file of SOPS in the repository, whose keys stand in it.</summary>
    public ContentSource.Source? Sops { get; init; }

    /// <summary>The file in the repository; null: the secret lies on the node.</summary>
    public ContentSource.Source? Ciphertext => Age ?? Sops;

    /// <summary>The keys that can be asked for. Of a file that is missing or malformed, about which there is a finding: none.</summary>
    public EquatableArray<string> KeysIn(FleetSource source) =>
        Sops is { } sops ? source.TryGet(sops.Path, out var file) && SopsDocument.Read(file).Document is { } document ? document.Keys : []
        : Keys.IsEmpty ? [SingleKey]
        : Keys;
}
