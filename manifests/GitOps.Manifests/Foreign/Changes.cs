using GitOps.Bundles;

namespace GitOps.Manifests.Foreign;

/// <summary>What was changed while a document of an older version was read: one note per kind of change, however often.</summary>
internal sealed class Changes
{
    private readonly List<(string What, string Fix, SourceSpan First)> _kinds = [];
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    public void Add(SourceSpan span, string what, string fix)
    {
        if (_counts.TryAdd(what, 0))
        {
            _kinds.Add((what, fix, span));
        }

        _counts[what]++;
    }

    public void Report(ErrorCode code, FindingList findings)
    {
        foreach (var (what, fix, first) in _kinds)
        {
            findings.Note(code, first, _counts[what] == 1 ? what : $"{what} ({_counts[what]} times)", fix);
        }
    }
}
