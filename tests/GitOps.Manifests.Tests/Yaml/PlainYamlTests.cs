using System.Text;
using CsCheck;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Tests.Yaml;

/// <summary>What the quick reader reads, the whole parser reads the same way, to the place of every scalar.</summary>
public sealed class PlainYamlTests
{
    private static readonly string[] Pieces =
    [
        "a", "b:", "c: d", "name: n-1", "labels: {role: press, line: l1}", "spec: {}", "- x", "- y: 1", "-", "- - z", "key: [a, b, {c: d}]",
        "key: \"quoted # text\"", "key: 'single'", "key: 'it''s'", "key: \"es\\\"caped\"", "# comment", "key: value # comment", "---", "...", "",
        "  ", "key: |", "text: >-", "key: *alias", "&anchor key: v", "? x", ": y", "key: {a: b, a: c}", "key: {a: {b: [1, 2.5]}}", "url: http://h:80/",
        "time: 12:30", "neg: -5", "dash: - x", "tilde: ~", "null:", "key: {a: }", "key: {a}", "key: [a, ]", "key: [,]", "k: {{ x }}", "k: \"{{ x }}\"",
        "k: a: b", "k: a:", "k: #", "k: a#b", "k: %x", "é: ü", "k: ü", "k:  spaced  ", "k: !tag v", "k: [a b, \"c\"d]", "k: {a: b}c", "k: \"a\" b", "k : v",
        "<<: v", "\"q\": v", "k: +1", "k: .5", "k: ,", "k: [a: b]", "k: {a: b:c}", "k: {a: http://x}", "k: a, b", "k: a] }", "- {a: b}", "- [x]", "- 'q'", "- k:",
    ];

    private const string Signs = " :-#{}[],'\"\n&*!|>%@`?ab1./~";

    [Fact]
    public void Any_lines_are_read_as_the_whole_parser_reads_them() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i])).Array[1, 9].Sample(
            lines => AssertSame(string.Join('\n', lines.Select(line => new string(' ', line.Item1) + line.Item2)) + "\n"), iter: 20_000);

    [Fact]
    public void Any_damage_to_a_manifest_is_read_as_the_whole_parser_reads_it() =>
        Gen.Select(Gen.Int[0, Node.Length], Gen.Int[0, 3], Gen.Int[0, Signs.Length - 1].Select(i => Signs[i]).Array[0, 3].Select(signs => new string(signs))).Sample(
            (at, cut, put) => AssertSame(Node[..at] + put + Node[Math.Min(Node.Length, at + cut)..]), iter: 20_000);

    [Fact]
    public void Manifests_as_people_write_them_are_read_quickly()
    {
        foreach (var text in (string[])[Node, Node + "---\n" + Node, "# first\n\n" + Node, "---\n" + Node])
        {
            Assert.True(PlainYaml.TryRead(text, "x.yaml", out _), text);
            AssertSame(text);
        }
    }

    private const string Node = """
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata:
          name: press-1
          labels: {role: press, line: "l1"} # as on the plate
        spec:
          site: berlin
          capabilities:
          - gpio
          - 'can bus'
          values:
            number: 17
            contact: line-1@example.org
            servers:
              - address: 10.0.0.1
                prefer: true
              - {address: pool.ntp.org}

        """;

    private static void AssertSame(string text)
    {
        if (!PlainYaml.TryRead(text, "x.yaml", out var quick))
        {
            return;
        }

        var findings = new FindingList();
        var whole = YamlReader.ReadWhole(text, new SourceFile("x.yaml", Encoding.UTF8.GetBytes(text)), YamlLimits.Default, findings);
        Assert.True(findings.ToSorted().IsEmpty, $"{text}\n{string.Join('\n', findings.ToSorted().Select(finding => finding.ToText()))}");
        Assert.True(quick.Length == whole.Length && quick.Zip(whole).All(pair => YamlEquality.Same(pair.First, pair.Second)), $"{text}\n{Say(quick)}\n{Say(whole)}");
    }

    private static string Say(IEnumerable<YamlNode> nodes) => string.Join('\n', nodes.Select(Say));

    private static string Say(YamlNode node) => node switch
    {
        YamlNode.Mapping mapping => $"{mapping.Span}{{{string.Join(", ", mapping.Entries.Select(e => $"{e.KeySpan}{e.Key}: {Say(e.Value)}"))}}}",
        YamlNode.Sequence list => $"{list.Span}[{string.Join(", ", list.Items.Select(Say))}]",
        YamlNode.Scalar scalar => $"{scalar.Span}{(scalar.IsPlain ? scalar.Text : $"\"{scalar.Text}\"")}",
        _ => "?",
    };
}
