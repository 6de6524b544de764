using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Rendering;

/// <summary>Templates that would take the control plane down are findings, the same on every machine.</summary>
public sealed class TemplateAbuseTests
{
    [Theory]
    [InlineData("doubling", "{{ x = 'ab' }}\n{{ for i in 1..100 }}\n{{ x = x + x }}\n{{ end }}")]
    [InlineData("doubling-pipe", "{{ x = 'ab'\nfor i in 1..100\nx = x | string.append x\nend }}")]
    [InlineData("many-small-strings", "{{ x = 'a' | string.pad_left 60000\nfor i in 1..9000\ny = x + 'b'\nend }}")]
    [InlineData("replace-blow-up", "{{ x = 'a' | string.pad_left 60000\nx | string.replace ' ' x }}")]
    [InlineData("multiply", "{{ 'x' * 100000000 }}")]
    [InlineData("endless-loop", "{{ while true }}\n{{ end }}")]
    [InlineData("huge-range", "{{ for i in 1..1000000000 }}{{ end }}")]
    [InlineData("nested-loops", "{{ for i in 1..1000 }}{{ for j in 1..1000 }}{{ end }}{{ end }}")]
    [InlineData("loops-in-sequence", "{{ func f }}{{ for i in 1..9000 }}{{ i + i }}{{ end }}{{ end }}{{ for i in 1..100 }}{{ f }}{{ end }}")]
    [InlineData("endless-recursion", "{{ func f }}{{ f }}{{ end }}\n{{ f }}")]
    [InlineData("mutual-recursion", "{{ func f; ret g; end; func g; ret f; end; f }}")]
    [InlineData("long-output", "{{ for i in 1..9000 }}0123456789{{ end }}")]
    [InlineData("long-capture", "{{ capture x }}{{ for i in 1..9000 }}0123456789{{ end }}{{ end }}")]
    [InlineData("list-doubling", "{{ x = [1, 2]\nfor i in 1..100\nx = x | array.concat x\nend }}")]
    [InlineData("nested-lists", "{{ x = [1]\nfor i in 1..100\nx = [x, x, x, x, x, x, x, x]\nend\nx | object.to_json }}")]
    [InlineData("big-integers", "{{ x = 9\nfor i in 1..1000\nx = x * x\nend }}")]
    [InlineData("deep-parentheses", "{{ ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))) }}")]
    public void Is_stopped_with_a_finding_that_names_the_line(string name, string template) =>
        Golden.Verify($"abuse/{name}.txt", Trees.Text(Trees.Rejected([.. Trees.OneNode(
            Trees.Resource("ConfigFile", "f", "placement: {all: true}\npath: /f\nsource: f.sbn")), Trees.File("f.sbn", template)])));

    [Fact]
    public void A_template_at_the_limits_is_fine()
    {
        var bundles = Trees.Compiled([.. Trees.OneNode(
            Trees.Resource("ConfigFile", "f", "placement: {all: true}\npath: /f\nsource: f.sbn")),
            Trees.File("f.sbn", "{{ for i in 1..6553 }}0123456789{{ end }}")]);
        Assert.Equal(65_530, bundles.Blobs.Single().Value.Length);
    }
}
