using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Reconciler.Rendering;
using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Rendering;

public sealed class TemplateTests
{
    [Theory]
    [InlineData("{{ values.greeting }} {{ node.name }}", "Hello n1")]
    [InlineData("{{ values.deep.inner.n }}", "1.5")]
    [InlineData("{{ values.list[1] }}{{ values['name'] }}", "bweb")]
    [InlineData("{{ for x in values.list }}{{ x }};{{ end }}", "a;b;")]
    [InlineData("{{ for m in values.deep }}{{ m.key }}={{ m.value.n }}{{ end }}", "inner=1.5")]
    [InlineData("{{ if values.port > 80 && values.name == 'web' }}yes{{ else }}no{{ end }}", "yes")]
    [InlineData("{{ x = 1; x = x + 2; x }}", "3")]
    [InlineData("{{ 7 / 2 }} {{ 1 / 3 }} {{ 7 // 2 }}", "3.5 0.333333333333333 3")]
    [InlineData("{{ values.list | array.join ', ' | string.upcase }}", "A, B")]
    [InlineData("{{ ['b', 'a', 'b'] | array.uniq | array.sort | array.join '' }}", "ab")]
    [InlineData("{{ [10, 9, 'x'] | array.sort | array.join ' ' }}", "9 10 x")]
    [InlineData("{{ 'a.b.c' | string.replace '.' '-' | string.slice 2 }}", "b-c")]
    [InlineData("{{ 'x' | string.pad_left 3 }}|{{ 2.5 | math.round }}|{{ 10 | math.divided_by 4 }}", "  x|3|2.5")]
    [InlineData("{{ values.deep | object.to_json }}", """{"inner":{"n":1.5}}""")]
    [InlineData("{{ 'say \"hi\"' | string.quote }}", "\"say \\\"hi\\\"\"")]
    [InlineData("{{ if values | object.has_key 'nope' }}a{{ else }}b{{ end }}", "b")]
    [InlineData("{{ func twice }}{{ $0 }}{{ $0 }}{{ end }}{{ twice 'ab' }}", "abab")]
    [InlineData("{{ capture x }}in{{ end }}[{{ x }}]", "[in]")]
    [InlineData("{{ node.labels['gitops.edge/arch'] }} {{ fleet.name }}", "amd64 demo")]
    [InlineData("{{ values.nothing ?? 'none' }}", "none")]
    [InlineData("{{ values.name + '-' + values.port }}", "web-8080")]
    public void What_a_template_gives(string template, string expected)
    {
        var fleet = Trees.Fleet.Replace("values: {", "values: {nothing: ~, ", StringComparison.Ordinal);
        var bundles = Trees.Compiled([Trees.File("fleet.yaml", fleet + Trees.Node("n1")
            + Trees.Resource("ConfigFile", "f", "placement: {all: true}\npath: /f\nsource: f.sbn")), Trees.File("f.sbn", "<" + template + ">")]);
        Assert.Equal($"<{expected}>", Trees.ContentOf(bundles, "n1", "f"));
    }

    [Theory]
    [InlineData("\"{{ values.port }}\"", 8080)]
    [InlineData("\"{{ values.port + 1 }}\"", 8081)]
    public void A_scalar_that_is_one_expression_keeps_its_type(string scalar, int expected)
    {
        var unit = Trees.Compiled(Trees.OneNode(Trees.Resource("Workload", "w", $"placement: {{all: true}}\nprocess: {{command: [/x], ports: [{scalar}]}}")))
            .Nodes[0].Bundle.Units[0];
        Assert.Equal([expected], ((WorkloadSpec)unit.Spec).Process!.Ports);
    }

    [Fact]
    public void Null_is_an_empty_content_and_no_value_anywhere_else()
    {
        Assert.Empty(((FileSpec)Trees.Compiled(Trees.OneNode(Trees.Resource("ConfigFile", "f", "placement: {all: true}\npath: /f\ncontent: \"{{ null }}\"")))
            .Nodes[0].Bundle.Units[0].Spec).Content);
        Assert.Equal("MAN019", Assert.Single(Trees.Rejected(Trees.OneNode(
            Trees.Resource("ConfigFile", "f", "placement: {all: true}\npath: /f\ncontent: x\nowner: \"{{ null }}\"")))).Code.Id);
    }

    [Fact]
    public void A_scalar_that_is_more_than_one_expression_is_text()
    {
        var finding = Assert.Single(Trees.Rejected(Trees.OneNode(
            Trees.Resource("Workload", "w", "placement: {all: true}\nprocess: {command: [/x], ports: [\"{{ values.port }}1\"]}"))));
        Assert.Equal("MAN017", finding.Code.Id);
    }

    [Fact]
    public void A_value_never_changes_the_structure()
    {
        var fleet = Trees.Fleet.Replace("name: web", """name: "x\n  mode: \"0777\"\n  owner: root" """, StringComparison.Ordinal);
        var bundles = Trees.Compiled([Trees.File("fleet.yaml", fleet + Trees.Node("n1")
            + Trees.Resource("ConfigFile", "f", "placement: {all: true}\npath: /f\ncontent: \"{{ values.name }}\""))]);
        var spec = (FileSpec)bundles.Nodes[0].Bundle.Units[0].Spec;
        Assert.Equal(("0644", null), (spec.Mode, spec.Owner));
    }

    [Fact]
    public void A_subtree_of_values_is_inserted_by_path()
    {
        var fleet = Trees.Fleet.Replace("name: web", "env: {A: one, B: '2'}", StringComparison.Ordinal);
        var bundles = Trees.Compiled([Trees.File("fleet.yaml", fleet + Trees.Node("n1")
            + Trees.Resource("Workload", "w", "placement: {all: true}\nprocess: {command: [/x], env: {$value: env}}"))]);
        Assert.Equal(["A", "B"], ((WorkloadSpec)bundles.Nodes[0].Bundle.Units[0].Spec).Process!.Env.Select(e => e.Name));
    }

    [Fact]
    public void Files_that_are_not_named_sbn_pass_through()
    {
        var bundles = Trees.Compiled([.. Trees.OneNode(Trees.Resource("ConfigFile", "f", "placement: {all: true}\npath: /f\nsource: f.txt")),
            Trees.File("f.txt", "{{ values.nope }}")]);
        Assert.Equal("{{ values.nope }}", Trees.ContentOf(bundles, "n1", "f"));
    }

    [Theory]
    [InlineData("undefined", "{{ nope }}")]
    [InlineData("undefined-value", "one\ntwo {{ values.name }} {{ values.deep.iner }}")]
    [InlineData("undefined-item", "{{ values.list[7] }}")]
    [InlineData("null-target", "{{ x = null; x.y }}")]
    [InlineData("syntax", "fine\n{{ if values.port }}\nno end")]
    [InlineData("syntax-expression", "{{ values. }}")]
    [InlineData("list-as-text", "{{ values.list }} ")]
    [InlineData("mapping-as-text", "a\n  {{ values.deep }}")]
    [InlineData("import", "{{ import values }}")]
    [InlineData("include", "{{ include 'x' }}")]
    [InlineData("date", "{{ date.now }}")]
    [InlineData("regex", "{{ 'a' | regex.match 'a' }}")]
    [InlineData("eval", "{{ 'x' | object.eval }}")]
    [InlineData("assign-member", "{{ x = {}; x.y = 1 }}")]
    [InlineData("assign-values", "{{ values.port = 1 }}")]
    [InlineData("assign-item", "{{ x = []; x[100000000] = 1 }}")]
    [InlineData("shift", "{{ 1 << 1000000000 }}")]
    [InlineData("wrong-operand", "{{ math.abs 'x' }}")]
    [InlineData("missing-argument", "{{ string.replace 'x' }}")]
    [InlineData("divide-by-zero", "{{ 1 | math.divided_by 0 }}")]
    [InlineData("half-character", "{{ '😀' | string.slice 0 1 }}")]
    [InlineData("infinite", "{{ 1.0 / 0.0 }}")]
    public void A_mistake_is_a_finding_at_its_place(string name, string template) =>
        Golden.Verify($"templates/{name}.txt", Trees.Text(Trees.Rejected([.. Trees.OneNode(
            Trees.Resource("ConfigFile", "f", "placement: {all: true}\npath: /f\nsource: f.sbn")), Trees.File("f.sbn", template)])));

    [Fact]
    public void A_place_inside_of_any_style_of_scalar_is_found() =>
        Golden.Verify("templates/places.txt", Trees.Text(Trees.Rejected([
            .. Trees.OneNode(), Trees.File("places.yaml", """
                apiVersion: gitops.edge/v1
                kind: ConfigFile
                metadata: {name: literal}
                spec:
                  placement: {all: true}
                  path: /a
                  content: |
                    {{ values.name }}

                      {{ values.one }}
                ---
                apiVersion: gitops.edge/v1
                kind: ConfigFile
                metadata: {name: folded}
                spec:
                  placement: {all: true}
                  path: /b
                  content: >-
                    {{ values.name }} and
                    more {{ values.two }}
                ---
                apiVersion: gitops.edge/v1
                kind: ConfigFile
                metadata: {name: double}
                spec: {placement: {all: true}, path: /c, content: "é\t\"{{ \"x\" }}\" {{ \"\\n\" + values.three }}"}
                ---
                apiVersion: gitops.edge/v1
                kind: ConfigFile
                metadata: {name: single}
                spec: {placement: {all: true}, path: /d, content: 'it''s {{ values.four }}'}
                ---
                apiVersion: gitops.edge/v1
                kind: ConfigFile
                metadata: {name: tight}
                spec:
                  placement: {all: true}
                  path: /f
                  content: "{{values.six}}{{ values.name }}{{ if }}"
                """)])));

    [Theory]
    [InlineData("one\ntwo {{ values.", 2, 15)]
    [InlineData("{{ for x in", 1, 12)]
    [InlineData("{{ (1", 1, 6)]
    public void A_template_that_ends_too_early_is_found_at_its_end(string template, int line, int column)
    {
        var file = Trees.Resource("ConfigFile", "c", "placement: {all: true}\npath: /srv/c\nsource: c.txt.sbn");
        var findings = Trees.Rejected([.. Trees.OneNode(file), Trees.File("c.txt.sbn", template)]);
        Assert.Contains(findings, f => f.Code == RenderCodes.Syntax && f.Span == new SourceSpan("c.txt.sbn", line, column));
        Assert.All(findings, f => Assert.InRange(f.Span.Line, 1, 20));
    }
}
