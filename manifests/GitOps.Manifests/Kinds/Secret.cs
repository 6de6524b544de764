using GitOps.Bundles;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.Kinds;

/// <summary>
/// A secret that lies on the node already. Without <paramref name="Keys"/>, <paramref name="File"/> is one file and the
/// secret has the single key <c>value</c>; with keys it is a directory that holds one file for each.
/// <paramref name="Version"/> is text that people change when they change the secret.
/// </summary>
public sealed record SecretSpec(Placement Placement, string File, EquatableArray<string> Keys, string Version)
{
    /// <summary>The key of a secret that is one file.</summary>
    public const string SingleKey = "value";
}
