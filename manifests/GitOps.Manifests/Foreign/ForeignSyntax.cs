namespace GitOps.Manifests.Foreign;

/// <summary>How a foreign file is written, which decides what its scalars and keys may be.</summary>
public enum ForeignSyntax
{
    /// <summary>As EdgeX reads YAML: keys are case-sensitive, quotes make text, a key twice is refused.</summary>
    Yaml,

    /// <summary>As EdgeX reads JSON: keys match in any case, of a key written twice the last counts.</summary>
    Json,

    /// <summary>EdgeX 1 and 2 only.</summary>
    Toml,

    /// <summary>As an API server reads YAML.</summary>
    Kubernetes,
}
