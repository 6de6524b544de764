using System.Collections.Immutable;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Shapes;

/// <summary>
/// A spec as bound, with what was found. <paramref name="Spec"/> is null exactly when there is an error.
/// </summary>
public sealed record Bound<TSpec>(TSpec? Spec, bool HasTemplates, ImmutableArray<Finding> Findings)
    where TSpec : class;

/// <summary>One kind of the language: its fields and rules, once, for everything that is made of them.</summary>
public abstract class KindShape
{
    private protected KindShape(ResourceKind kind, string doc, Shape spec)
    {
        Kind = kind;
        Doc = doc;
        Spec = spec;
    }

    public ResourceKind Kind { get; }

    /// <summary>What the kind is for, one sentence.</summary>
    public string Doc { get; }

    public Shape Spec { get; }

    /// <summary>Whether templates are rendered in it, once for every node.</summary>
    public bool IsRendered { get; protected init; }

    /// <summary>The resource, or null and findings. Never a finding about what other resources say.</summary>
    internal abstract Resource? Read(Metadata metadata, SourceSpan span, YamlNode spec, FindingList findings);
}

/// <inheritdoc />
public sealed class KindShape<TSpec> : KindShape
    where TSpec : class
{
    private readonly Shape<TSpec> _spec;

    internal KindShape(ResourceKind kind, bool isRendered, string doc, Shape<TSpec> spec)
        : base(kind, doc, spec)
    {
        _spec = spec;
        IsRendered = isRendered;
    }

    /// <summary>Binds a tree, for instance one whose templates were rendered.</summary>
    public Bound<TSpec> Bind(YamlNode spec, BindMode mode)
    {
        var findings = new FindingList();
        var context = new BindContext(mode, findings);
        var isBound = _spec.TryBindWritten(spec, context, out var bound);
        return new(isBound ? bound : null, context.Templates > 0, findings.ToSorted());
    }

    internal override Resource? Read(Metadata metadata, SourceSpan span, YamlNode spec, FindingList findings)
    {
        var context = new BindContext(IsRendered ? BindMode.Written : BindMode.Literal, findings);
        return _spec.TryBindWritten(spec, context, out var bound) && spec is YamlNode.Mapping tree
            ? new Resource<TSpec>(Kind, metadata, span, tree, bound) { HasTemplates = context.Templates > 0 }
            : null;
    }
}
