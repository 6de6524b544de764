using System.Collections.Immutable;

namespace GitOps.Manifests.Shapes;

/// <summary>
/// What the language says about one kind or field, for people and programs. <paramref name="Path"/> is what to ask for:
/// <c>Workload.process.command</c>. Lists and maps are looked through to what they hold.
/// </summary>
public sealed record Explanation(string Path, string Doc)
{
    /// <summary>As the documents name it; null for a field that is not acted on yet.</summary>
    public string? Type { get; init; }

    /// <summary>Null for a kind, which is written or not.</summary>
    public FieldPresence? Presence { get; init; }

    public string? Default { get; init; }

    /// <summary>The only values there are; empty where that is not a list.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];

    /// <summary>How a value is written, and what holds for several fields together.</summary>
    public ImmutableArray<string> Rules { get; init; } = [];

    /// <summary>Whether a template may stand here.</summary>
    public bool HasTemplates { get; init; }

    /// <summary>As YAML writes it; of several lines where it is an object.</summary>
    public string? Example { get; init; }

    /// <summary>The fields one level below; each of them with its own, or not, as was asked for.</summary>
    public ImmutableArray<Explanation> Fields { get; init; } = [];
}

/// <summary>The answer to a question about the language.</summary>
public abstract record ExplainAnswer
{
    private ExplainAnswer() { } // closed: every case is in this file

    public sealed record Found(Explanation Explanation) : ExplainAnswer;

    /// <summary>Every kind, without fields.</summary>
    public sealed record Kinds(ImmutableArray<Explanation> All) : ExplainAnswer;

    public sealed record Unknown(string What, string Fix) : ExplainAnswer;
}
