namespace GitOps.Manifests.Yaml;

/// <summary>Bounds on what one file may cost. The defaults are far above what people write by hand.</summary>
public sealed record YamlLimits
{
    public static readonly YamlLimits Default = new();

    public int MaxBytes { get; init; } = 1024 * 1024;

    public int MaxDepth { get; init; } = 64;

    /// <summary>Nodes that all aliases of a file together may stand for.</summary>
    public int MaxAliasedNodes { get; init; } = 10_000;
}
