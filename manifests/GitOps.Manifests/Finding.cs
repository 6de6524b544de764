using GitOps.Bundles;

namespace GitOps.Manifests;

public enum Severity
{
    /// <summary>Nothing is wrong: something old was read as what it is today.</summary>
    Note,

    /// <summary>Worth a look; the revision is published all the same.</summary>
    Warning,

    /// <summary>The revision is not published.</summary>
    Error,
}

/// <summary>A problem in what somebody wrote: where, what (expected and actual), and what to do about it.</summary>
public sealed record Finding(ErrorCode Code, Severity Severity, SourceSpan Span, string What, string Fix)
{
    /// <summary>Two lines for people; editors and CI systems recognise the first.</summary>
    public string ToText() =>
        $"{Span}: {Severity.Word} {Code.Id}: {What}\n  fix: {Fix}";

    /// <summary>
    /// The order in which findings are shown: file, line, column, then code and text so that it never varies.
    /// </summary>
    public static int Compare(Finding left, Finding right)
    {
        var bySpan = left.Span.CompareTo(right.Span);
        if (bySpan != 0)
        {
            return bySpan;
        }

        var byCode = string.CompareOrdinal(left.Code.Id, right.Code.Id);
        return byCode != 0 ? byCode : string.CompareOrdinal(left.What, right.What);
    }
}

/// <summary>Severities in words, as people and programs read them.</summary>
public static class Severities
{
    extension(Severity severity)
    {
        public string Word => severity switch
        {
            Severity.Error => "error",
            Severity.Warning => "warning",
            Severity.Note => "note",
            _ => throw new System.Diagnostics.UnreachableException($"{severity}"),
        };
    }
}
