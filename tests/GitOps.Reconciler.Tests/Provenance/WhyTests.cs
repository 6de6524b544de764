using System.Text.Json;
using GitOps.Manifests.Targeting;
using GitOps.Manifests.Yaml;
using GitOps.Reconciler.Provenance;
using GitOps.Reconciler.Tests.Compile;
using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Provenance;

public sealed class WhyTests
{
    [Theory]
    [InlineData("node", "press-1")]
    [InlineData("workload", "press-1/workload/web")]
    [InlineData("env", "press-1/workload/web.spec.process.env[RATIO].value")]
    [InlineData("template-file", "press-1/file/motd.source")]
    [InlineData("subtree", "press-1/clock/site-time.servers")]
    [InlineData("device-desired", "press-1/device/boiler-1.spec.properties[setpoint].desired.value")]
    [InlineData("device-model", "press-1/device/boiler-1.properties.setpoint.scale")]
    [InlineData("value", "press-1/values.setpoint")]
    [InlineData("uplink", "press-1/uplink/berlin.uplink.downloadBudget.days")]
    [InlineData("own-value", "mixer-1/values")]
    public void Every_answer_ends_in_the_line_that_says_it(string golden, string question) =>
        Golden.Verify($"why/{golden}.txt", Found(question).ToText());

    [Theory]
    [InlineData("press-9", "there is no node 'press-9'", "did you mean 'press-1'?")]
    [InlineData("press-1/values.prot", "'values.prot' is not set for press-1", "did you mean 'values.port'?")]
    [InlineData("press-1/workload/wep", "press-1 has no unit 'workload/wep'", "workload/web")]
    [InlineData("press-1/web", "'web' is no unit and no value", "press-1/UNIT.FIELD")]
    [InlineData("press-1/workload/web.process.usr", "Workload 'web' says nothing of 'process.usr', so its default counts", "did you mean 'user'?")]
    [InlineData("press-1/workload/web.process.env.PORT", "Workload 'web' says nothing of 'process.env.PORT', so its default counts", "RATIO")]
    public void A_question_about_nothing_is_answered_with_what_there_is(string question, string what, string fix)
    {
        var unknown = Assert.IsType<WhyAnswer.Unknown>(Ask(question));
        Assert.Equal(what, unknown.What);
        Assert.Contains(fix, unknown.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void What_wins_is_what_templates_see()
    {
        var manifest = Trees.Compiled(EveryKind.Files).Manifest;
        foreach (var node in manifest.NodeIndex.Nodes)
        {
            var site = node.Resource.Spec.Site is { } name && manifest.Sites.TryGet(name, out var found) ? found.Spec : null;
            var merged = MergedValues.For(manifest.Fleet!.Spec, site, manifest.Groups.Where(g => g.Spec.Selector.Matches(node.Labels)), node.Resource.Spec);
            var values = Found($"{node.Name}/values").Values;
            Assert.Equal(Leaves(merged), values.Count);
            foreach (var entry in merged.Entries.Where(e => e.Value is YamlNode.Scalar))
            {
                Assert.Equal(entry.KeySpan, values.Single(v => v.Path == $"values.{entry.Key}").Winner.Span);
            }
        }
    }

    [Fact]
    public void A_program_gets_the_same_answer_as_a_document()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Found("press-1/device/boiler-1.desired.setpoint").WriteJson(json);
        }

        Golden.Verify("why/device-desired.json", System.Text.Encoding.UTF8.GetString(buffer.ToArray()) + "\n");
    }

    private static int Leaves(YamlNode node) =>
        node is YamlNode.Mapping { Entries.IsEmpty: false } mapping ? mapping.Entries.Sum(e => Leaves(e.Value)) : 1;

    private static WhyAnswer.Found Found(string question) => Assert.IsType<WhyAnswer.Found>(Ask(question));

    private static WhyAnswer Ask(string question) => Why.Ask(Trees.Compiled(EveryKind.Files).Manifest, question);
}
