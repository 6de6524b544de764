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

    // ".spec.a[0].b: expected string, got 1; .spec.c: …"; a long list of pruned fields is cut off in the table.
    private static IEnumerable<string> Paths(string cell) => cell.Split("; ", StringSplitOptions.RemoveEmptyEntries)
        .Select(part => part.Split(':')[0].TrimStart('.'));
}
