using GitOps.Manifests.Foreign;
using GitOps.Manifests.KubeEdge;
using GitOps.TestKit;

namespace GitOps.Manifests.Tests.Foreign;

/// <summary>What KubeEdge's definitions say about real files, held against what we say.</summary>
public sealed class KubeEdgeVerdictTests
{
    [Fact]
    public void We_agree_with_the_definitions_of_KubeEdge_on_every_document()
    {
        var wrong = new List<string>();
        foreach (var row in Corpus.Table("KUBEEDGE_VERDICTS.tsv"))
        {
            var path = Path.Combine(Corpus.Folder(), "kubeedge-devices", row[0]);
            var all = KubeEdgeVerdicts.Of(new SourceFile(path, File.ReadAllBytes(path)));
            var ours = all[int.Parse(row[1], System.Globalization.CultureInfo.InvariantCulture)];
            var word = !ours.IsServed ? "NO-SUCH-VERSION" : ours.Verdict.IsAccepted ? "VALID" : "INVALID";
            if (ours.Kind != row[2] || ours.ApiVersion != row[3] || word != row[4].Split(' ')[0] ||
                (word == "INVALID" && !Paths(row[5]).SequenceEqual(ours.Verdict.Blames.Select(blame => blame.Path))) ||
                !Paths(row[6]).Where(pruned => !pruned.EndsWith("=null", StringComparison.Ordinal)).All(pruned => ours.Pruned.Any(p => p.StartsWith(pruned, StringComparison.Ordinal))) ||
                (row[6].Length == 0 && ours.Pruned.Length > 0))
            {
                wrong.Add($"{row[0]}\n  theirs {string.Join(" | ", row[2..])}\n  ours   {word} {string.Join("; ", ours.Verdict.Blames.Select(b => b.Path))} | {string.Join("; ", ours.Pruned)}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    /// <summary>What the schema takes though it is wrong, row by row: each note is a warning of ours, and no cycle or empty write is warned of without one.</summary>
    [Fact]
    public void We_warn_about_everything_that_is_noted_besides_the_schema()
    {
        var rows = Corpus.Table("KUBEEDGE_VERDICTS.tsv").Where(row => row[3].EndsWith("/v1beta1", StringComparison.Ordinal)).ToList();
        var files = rows.Select(row => row[0]).Distinct()
            .Select(name => new SourceFile(name, File.ReadAllBytes(Path.Combine(Corpus.Folder(), "kubeedge-devices", name)))).ToList();
        var ours = ForeignConversion.Convert(files, "n1", broker: null).Findings
            .Where(finding => finding.Code == KubeEdgeCodes.Cycle || finding.Code == KubeEdgeCodes.NoDesired)
            .Select(finding => $"{finding.Span.File} {finding.Code.Id} {Subject(finding.What)}");
        var theirs = rows.SelectMany(row => row[7].Split("; ", StringSplitOptions.RemoveEmptyEntries).Select(note => $"{row[0]} {Read(note)}"));

        Assert.Equal(theirs.Order(StringComparer.Ordinal), ours.Distinct().Order(StringComparer.Ordinal));
    }

    // "status.collectCycle 1000000000: nanosecond-era value (…)", "status ReadWrite without desired: …"
    private static string Read(string note)
    {
        var words = note.Split(' ');
        return note switch
        {
            _ when note.Contains("nanosecond-era", StringComparison.Ordinal) => $"KED012 {words[0].Split('.')[0]}",
            _ when note.Contains("ReadWrite without desired", StringComparison.Ordinal) => $"KED013 {words[0]}",
            _ => throw new Xunit.Sdk.XunitException($"a note that we know nothing of: {note}"),
        };
    }

    private static string Subject(string what) => what.Split('\'')[1];

    // ".spec.a[0].b: expected string, got 1; .spec.c: …"; a long list of pruned fields is cut off in the table.
    private static IEnumerable<string> Paths(string cell) => cell.Split("; ", StringSplitOptions.RemoveEmptyEntries)
        .Select(part => part.Split(':')[0].TrimStart('.'));
}
