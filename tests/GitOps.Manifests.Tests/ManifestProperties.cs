using System.Text;
using CsCheck;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.Tests;

public sealed class ManifestProperties
{
    private static readonly byte[][] Seeds = [.. Fleets.Example.Files.Select(file => file.Bytes.ToArray())];

    // What tends to break YAML parsers, and what means something to us.
    private static readonly string[] Tokens =
    [
        "{{", "}}", "{", "}", "[", "]", "- ", ": ", "\n---\n", "&a ", "*a", "<<: ", "!!int ", "|\n", ">-\n", "\"", "'", "\t", "?", "# ",
        "\u0000", "\uFEFF", "%YAML 1.1\n", "~", "$value", "$value: a.b", "- - - - ", "{a: {a: {a: ", "0x", "1e999", "-0", "\\", "\n\n", "...",
    ];

    [Fact]
    public void Random_bytes_are_findings_and_never_an_exception() =>
        Gen.Byte.Array[0, 300].Sample(bytes => Finishes(bytes), iter: 2000);

    [Fact]
    public void Random_tokens_are_findings_and_never_an_exception() =>
        Gen.OneOf(Tokens).Array[0, 40].Sample(tokens => Finishes(Encoding.UTF8.GetBytes(string.Concat(tokens))), iter: 3000);

    [Fact]
    public void Mutated_manifests_are_findings_and_never_an_exception() =>
        Gen.Select(Gen.Int[0, Seeds.Length - 1], Gen.Select(Gen.Int[0, 100_000], Gen.Int[0, 12], Gen.OneOf(Tokens)).Array[1, 6])
            .Sample((seed, edits) =>
            {
                var text = Encoding.UTF8.GetString(Seeds[seed]);
                foreach (var (at, remove, insert) in edits)
                {
                    var start = at % (text.Length + 1);
                    text = string.Concat(text.AsSpan(0, start), insert, text.AsSpan(Math.Min(text.Length, start + remove)));
                }

                // An edit may leave a manifest valid (a comment does); what is found has a place and a text.
                var parsed = ManifestParser.Parse(new([new("x.yaml", Encoding.UTF8.GetBytes(text))]));
                return parsed.Findings.All(finding => finding.Span is { Line: > 0, Column: > 0 } && finding.What.Length > 0);
            }, iter: 2000);

    [Theory]
    [InlineData("{a: ")]
    [InlineData("[")]
    [InlineData("- ")]
    [InlineData("? ")]
    [InlineData("&a [")]
    public void Deep_nesting_is_a_finding(string opening)
    {
        var parsed = ManifestParser.ParseFile(new("x.yaml", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(opening, 40_000)))));

        Assert.Contains(parsed.Findings, finding => finding.Severity == Severity.Error);
    }

    [Fact]
    public void Every_resource_that_repeats_a_name_is_found() =>
        Gen.OneOf("a", "b", "c", "d").Array[1, 12].Sample(names =>
        {
            var text = string.Join("---\n", names.Select(name => $"apiVersion: gitops.edge/v1\nkind: Site\nmetadata: {{name: {name}}}\n"));
            var findings = ManifestParser.Parse(Fleets.With(text)).Findings;
            return findings.Count(finding => finding.Code == ManifestCodes.DuplicateResource) == names.Length - names.Distinct().Count();
        }, iter: 200);

    [Fact]
    public void A_field_with_one_letter_missing_suggests_itself()
    {
        foreach (var kind in KindShapes.All)
        {
            var known = kind.Spec.Fields.Select(field => field.Name).ToHashSet();
            foreach (var field in known.Where(name => name.Length > 3))
            {
                for (var i = 0; i < field.Length; i++)
                {
                    var misspelt = field.Remove(i, 1);
                    var text = $"apiVersion: gitops.edge/v1\nkind: {kind.Kind}\nmetadata: {{name: a}}\nspec: {{{misspelt}: 1}}\n";
                    var finding = ManifestParser.ParseFile(new("x.yaml", Encoding.UTF8.GetBytes(text))).Findings
                        .Single(f => f.Code == ManifestCodes.UnknownField);
                    var isEnforced = kind.Spec.Fields.Any(f => f.Name == field && f.Presence != FieldPresence.NotEnforcedYet);
                    Assert.True(!isEnforced || finding.Fix == $"did you mean '{field}'?", $"{kind.Kind}.{misspelt}: {finding.Fix}");
                }
            }
        }
    }

    [Fact]
    public void Durations_and_sizes_read_back_as_they_are_written() =>
        Gen.Select(Gen.Long[0, 3650L * 86_400_000], Gen.Long[0, long.MaxValue]).Sample((milliseconds, bytes) =>
        {
            var duration = TimeSpan.FromMilliseconds(milliseconds);
            return Quantities.TryParseDuration(Quantities.FormatDuration(duration), out var readDuration) && readDuration == duration &&
                Quantities.TryParseSize(Quantities.FormatSize(bytes), out var readBytes) && readBytes == bytes;
        });

    [Theory]
    [InlineData("90s", 90_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("2d", 172_800_000)]
    [InlineData("500ms", 500)]
    public void Durations_are_read(string text, long milliseconds)
    {
        Assert.True(Quantities.TryParseDuration(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("m")]
    [InlineData("1m1h")]
    [InlineData("1s1s")]
    [InlineData("-1s")]
    [InlineData("1.5h")]
    [InlineData("1 h")]
    [InlineData("99999999999d")]
    public void Other_durations_are_refused(string text) => Assert.False(Quantities.TryParseDuration(text, out _));

    [Theory]
    [InlineData("10Mi", 10_485_760)]
    [InlineData("1Gi", 1_073_741_824)]
    [InlineData("500M", 500_000_000)]
    [InlineData("12", 12)]
    public void Sizes_are_read(string text, long bytes)
    {
        Assert.True(Quantities.TryParseSize(text, out var size));
        Assert.Equal(bytes, size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Mi")]
    [InlineData("10mi")]
    [InlineData("1.5Gi")]
    [InlineData("-1")]
    [InlineData("9999999999999Ti")]
    public void Other_sizes_are_refused(string text) => Assert.False(Quantities.TryParseSize(text, out _));

    [Fact]
    public void Ten_thousand_nodes_with_their_devices_are_checked()
    {
        const int Count = 10_000;
        var files = Enumerable.Range(0, Count).Select(i => ($"nodes/{i / 100}/n{i}.yaml", $$"""
            apiVersion: gitops.edge/v1
            kind: EdgeNode
            metadata: {name: n{{i}}, labels: {role: edge, line: l{{i % 50}} } }
            spec: {site: s{{i / 100}} }
            ---
            apiVersion: gitops.edge/v1
            kind: Device
            metadata: {name: d{{i}} }
            spec: {node: n{{i}}, model: m, desired: {x: 1} }
            """)).ToList();
        files.AddRange(Enumerable.Range(0, Count / 100).Select(i => ($"sites/s{i}.yaml", $$"""
            apiVersion: gitops.edge/v1
            kind: Site
            metadata: {name: s{{i}} }
            ---
            apiVersion: gitops.edge/v1
            kind: NodeGroup
            metadata: {name: g{{i}} }
            spec: {selector: {matchLabels: {gitops.edge/site: s{{i}} } }, values: {port: {{i}} } }
            ---
            apiVersion: gitops.edge/v1
            kind: Workload
            metadata: {name: w{{i}} }
            spec: {placement: {all: true}, requires: [clock], process: {command: [a], ports: [{{i + 1}}]} }
            """)));
        files.Add(("fleet.yaml", Fleets.Fleet));
        files.Add(("shared.yaml", """
            apiVersion: gitops.edge/v1
            kind: DeviceModel
            metadata: {name: m}
            spec: {protocol: simulated, properties: [{name: x, type: int32, access: rw}]}
            ---
            apiVersion: gitops.edge/v1
            kind: TimeSync
            metadata: {name: t}
            spec: {placement: {all: true}, servers: [10.0.0.1]}
            """));

        var parsed = ManifestParser.Parse(Fleets.Of([.. files]));

        Assert.Equal("", parsed.Findings.ToText());
        Assert.Equal(Count, parsed.Manifest.Nodes.Count);
        Assert.Equal(200, parsed.Manifest.NodeIndex.Select(new LabelSelector([new("line", "l7")], [])).Length);
    }

    private static bool Finishes(byte[] bytes)
    {
        var parsed = ManifestParser.Parse(new([new("x.yaml", bytes)]));
        return parsed.Findings.Length > 0;
    }
}
