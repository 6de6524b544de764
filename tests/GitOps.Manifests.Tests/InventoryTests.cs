using System.Text;
using CsCheck;
using GitOps.Manifests.Inventories;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Tests;

public sealed class InventoryTests
{
    private const string Sites = """
        apiVersion: gitops.edge/v1
        kind: Site
        metadata: {name: hall-a}
        ---
        apiVersion: gitops.edge/v1
        kind: Site
        metadata: {name: hall-b}
        """;

    [Fact]
    public void A_row_is_a_node_like_any_other()
    {
        var manifest = Parse(
            "columns: {host: name, hall: site, serial: {field: values.serial, type: text}, remark: ignore}\n  defaults: {architecture: arm64, labels: {role: press, line: \"1\"}, values: {web: {tls: true}}}",
            "nodes.csv",
            "host,hall,labels.line,values.web.port,serial,values.note,capabilities,remark\r\npress-31,hall-a,3,8080,42,007,gpu can,\"moved, \"\"twice\"\"\r\nin 2026\"\r\npress-32,hall-b,,,,,,\r\n");

        Assert.True(manifest.Nodes.TryGet("press-31", out var node));
        Assert.Equal("hall-a", node.Spec.Site);
        Assert.Equal(NodeArchitecture.Arm64, node.Spec.Architecture);
        Assert.Equal([new("line", "3"), new("role", "press")], node.Metadata.Labels);
        Assert.Equal(["gpu", "can"], node.Spec.Capabilities);
        Assert.Equal("{web: {tls: true, port: 8080}, serial: \"42\", note: \"007\"}", Text(node.Spec.Values));
        Assert.Equal(new SourceSpan("nodes.csv", 2, 1), node.Span);
        Assert.True(manifest.Nodes.TryGet("press-32", out var other));
        Assert.Equal(new SourceSpan("nodes.csv", 4, 10), other.SpanOf("site"));
        Assert.Equal([new("line", "1"), new("role", "press")], other.Metadata.Labels);
        Assert.Equal(["press-31"], manifest.NodeIndex.Select(new LabelSelector([new("line", "3")], [])).Select(n => n.Name));
    }

    [Fact]
    public void Every_value_knows_the_cell_it_came_from()
    {
        var manifest = Parse("", "nodes.csv", "name,values.a.b\nn-1,\"x\"\n");

        Assert.True(manifest.Nodes.TryGet("n-1", out var node));
        var a = (YamlNode.Mapping)node.Spec.Values.Entries[0].Value;
        Assert.Equal(new SourceSpan("nodes.csv", 2, 5), a.Entries[0].Value.Span);
    }

    [Fact]
    public void Json_says_the_same_as_csv()
    {
        var csv = Parse("", "nodes.csv", "name,site,labels.role,values.web.port,values.on,capabilities\nn-1,hall-a,press,80,true,gpu\n");
        var json = Parse("", "nodes.json", """
            [{"name": "n-1", "site": "hall-a", "labels": {"role": "press"}, "suspend": null,
              "values": {"web": {"port": 80}, "on": true}, "capabilities": ["gpu"]}]
            """);

        Assert.True(csv.Nodes.TryGet("n-1", out var one));
        Assert.True(json.Nodes.TryGet("n-1", out var two));
        Assert.Equal(one.Metadata, two.Metadata);
        Assert.Equal(Text(one.Spec.Values), Text(two.Spec.Values));
        Assert.Equal(one.Spec with { Values = YamlNode.Mapping.Empty }, two.Spec with { Values = YamlNode.Mapping.Empty });
        Assert.Equal(new SourceSpan("nodes.json", 1, 26), two.SpanOf("site"));
    }

    [Fact]
    public void A_table_of_nothing_but_errors_is_given_up()
    {
        var rows = string.Concat(Enumerable.Range(0, 5000).Select(i => $"n-{i},hall-a,too many\n"));

        var findings = ManifestParser.Parse(Source("", "nodes.csv", "name,site\n" + rows)).Findings;

        Assert.Equal(101, findings.Count(finding => finding.Severity == Severity.Error));
        Assert.Contains(findings, finding => finding.What.Contains("not read further", StringComparison.Ordinal));
    }

    [Fact]
    public void A_table_that_is_too_large_is_refused()
    {
        var inventory = Parse("", "nodes.csv", "name\nn-1\n").All.OfType<Resource<NodeInventorySpec>>().Single();

        var parsed = InventoryReader.Read(inventory, new("nodes.csv", new byte[200]), new() { MaxBytes = 100 });

        Assert.Equal(ManifestCodes.TooLarge, Assert.Single(parsed.Findings).Code);
        Assert.False(parsed.IsWhole);
    }

    /// <summary>Whatever cells hold, writing them as RFC 4180 says and reading them gives them back.</summary>
    [Fact]
    public void Any_cells_survive_being_written_and_read() =>
        Gen.Select(Gen.String[Gen.Char["a,;\"\n é"], 1, 6].Array[2].List[1, 6], Gen.Bool)
            .Sample((rows, isDos) =>
            {
                var lineEnd = isDos ? "\r\n" : "\n";
                var table = $"name,values.a,values.b{lineEnd}" + string.Concat(
                    rows.Select((row, i) => $"n-{i},{string.Join(',', row.Select(Quoted))}{lineEnd}"));

                var manifest = Parse("columns: {values.a: {field: values.a, type: text}}", "nodes.csv", table);

                Assert.All(rows, (row, i) => Assert.Equal(row, manifest.Nodes.Single(node => node.Name == $"n-{i}")
                    .Spec.Values.Entries.Select(entry => ((YamlNode.Scalar)entry.Value).Text)));
            });

    /// <summary>A row is the same node, or the same mistake, as the document that says the same.</summary>
    [Fact]
    public void Any_row_is_judged_like_a_document() =>
        Gen.Select(Gen.OneOf(Gen.Const("n-1"), Gen.Const("N_1")), Gen.OneOf(Gen.Const("hall-a"), Gen.Const("Hall")),
                Gen.OneOf(Gen.Const("amd64"), Gen.Const("arm64"), Gen.Const("mips")),
                Gen.OneOf(Gen.Const("role"), Gen.Const("gitops.edge/site"), Gen.Const("a.b/c")),
                Gen.OneOf(Gen.Const("press"), Gen.Const("no label"), Gen.Const("no")), Gen.OneOf(Gen.Const("1"), Gen.Const("{{ x }}"), Gen.Const("text")))
            .Sample((name, site, architecture, label, text, value) =>
            {
                var document = ManifestParser.ParseFile(new("n.yaml", Encoding.UTF8.GetBytes($$"""
                    apiVersion: gitops.edge/v1
                    kind: EdgeNode
                    metadata: {name: "{{name}}", labels: {"{{label}}": "{{text}}"} }
                    spec:
                      site: "{{site}}"
                      architecture: "{{architecture}}"
                      values:
                        a: {b: {{(value == "1" ? "1" : $"\"{value}\"")}} }
                    """)));
                var row = ManifestParser.Parse(Source("", "nodes.csv", $"name,site,architecture,labels.{label},values.a.b\n{name},{site},{architecture},{text},{value}\n"));

                var fromRow = row.Manifest.All.OfType<Resource<EdgeNodeSpec>>().SingleOrDefault(node => node.Name == "n-1");
                var written = (Resource<EdgeNodeSpec>?)document.Resources.SingleOrDefault();
                Assert.Equal(written?.Metadata, fromRow?.Metadata);
                Assert.Equal(written is null, fromRow is null);
                if (written is not null && fromRow is not null)
                {
                    Assert.Equal(written.Spec with { Values = YamlNode.Mapping.Empty }, fromRow.Spec with { Values = YamlNode.Mapping.Empty });
                    Assert.Equal(Text(written.Spec.Values), Text(fromRow.Spec.Values));
                }

                // A name that is wrong hides the rest of a row.
                Assert.Equal(document.Findings.IsEmpty, row.Findings.IsEmpty);
            });

    /// <summary>Whatever a table holds, reading it ends with findings and no exception.</summary>
    [Fact]
    public void Any_text_is_read_or_refused() =>
        Gen.Select(Gen.String[Gen.Char["name,site\"\n\r[]{}:1 é{"], 0, 60], Gen.Bool)
            .Sample((text, isJson) => ManifestParser.Parse(Source("", isJson ? "nodes.json" : "nodes.csv", text)));

    private static string Quoted(string cell) => $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static FleetManifest Parse(string spec, string name, string table)
    {
        var parsed = ManifestParser.Parse(Source(spec, name, table));
        Assert.Equal("", parsed.Findings.ToText());
        return parsed.Manifest;
    }

    private static FleetSource Source(string spec, string name, string table) => Fleets.With($$"""
        apiVersion: gitops.edge/v1
        kind: NodeInventory
        metadata: {name: nodes}
        spec:
          source: {{name}}
          {{spec}}
        ---
        {{Sites}}
        """, (name, table));

    private static string Text(YamlNode node)
    {
        var text = new StringBuilder();
        Write(node, text);
        return text.ToString();
    }

    private static void Write(YamlNode node, StringBuilder text)
    {
        switch (node)
        {
            case YamlNode.Mapping mapping:
                text.Append('{');
                foreach (var entry in mapping.Entries)
                {
                    text.Append(text[^1] == '{' ? "" : ", ").Append(entry.Key).Append(": ");
                    Write(entry.Value, text);
                }

                text.Append('}');
                break;
            case YamlNode.Scalar scalar:
                text.Append(scalar.IsPlain ? scalar.Text : $"\"{scalar.Text}\"");
                break;
        }
    }
}
