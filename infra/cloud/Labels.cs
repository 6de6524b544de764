using Pulumi;

namespace GitOps.Infra.Cloud;

/// <summary>The labels of our objects; selectors take <see cref="Selector"/>, which never changes.</summary>
internal static class Labels
{
    public static InputMap<string> Selector { get; } = new() { ["app.kubernetes.io/name"] = ControlPlane.Name };

    public static InputMap<string> OfControlPlane { get; } = new()
    {
        ["app.kubernetes.io/name"] = ControlPlane.Name,
        ["app.kubernetes.io/part-of"] = "gitops",
    };

    public static InputMap<string> OfGitOps { get; } = new() { ["app.kubernetes.io/part-of"] = "gitops" };
}
