using System.Collections.Immutable;
using GitOps.Bundles;

namespace GitOps.Manifests;

/// <summary>Collects findings; what one reads at the end is sorted and free of repetitions.</summary>
public sealed class FindingList
{
    private readonly List<Finding> _findings = [];

    /// <summary>How many errors there are so far: a part was read without errors when this did not change.</summary>
    public int Errors { get; private set; }

    public void Error(ErrorCode code, SourceSpan span, string what, string fix)
    {
        Errors++;
        _findings.Add(new(code, Severity.Error, span, what, fix));
    }

    public void Note(ErrorCode code, SourceSpan span, string what, string fix) =>
        _findings.Add(new(code, Severity.Note, span, what, fix));

    public void Warning(ErrorCode code, SourceSpan span, string what, string fix) =>
        _findings.Add(new(code, Severity.Warning, span, what, fix));

    public void AddRange(IEnumerable<Finding> findings)
    {
        foreach (var finding in findings)
        {
            Errors += finding.Severity == Severity.Error ? 1 : 0;
            _findings.Add(finding);
        }
    }

    /// <summary>By file, line and column; the same finding twice (an alias read twice) is shown once.</summary>
    public ImmutableArray<Finding> ToSorted()
    {
        var sorted = _findings.Distinct().ToArray();
        Array.Sort(sorted, Finding.Compare);
        return [.. sorted];
    }
}
