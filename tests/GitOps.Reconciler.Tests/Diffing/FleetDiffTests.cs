using System.Text;
using System.Text.Json;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Diffing;
using GitOps.Reconciler.Guards;
using GitOps.Reconciler.Tests.Compile;
using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Diffing;

public sealed class FleetDiffTests
{
    [Fact]
    public void A_fleet_over_itself_is_no_difference()
    {
        var diff = FleetDiff.Between(Trees.Compiled(EveryKind.Files), Trees.Compiled(EveryKind.Files));
        Assert.True(diff.IsEmpty);
        Assert.Equal("0 nodes change, 3 do not; units: 0 added, 0 changed, 0 removed\n", Preview(Trees.Compiled(EveryKind.Files), Trees.Compiled(EveryKind.Files)).ToText());
    }

    [Fact]
    public void Everything_that_changes_field_by_field()
    {
        var diff = Preview(Trees.Compiled(EveryKind.Files), EveryKind.Changed());
        Golden.Verify("diff/every-kind.txt", diff.ToText());
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            diff.WriteJson(json);
        }

        Golden.Verify("diff/every-kind.json", Encoding.UTF8.GetString(buffer.ToArray()) + "\n");
    }

    [Fact]
    public void The_first_revision_adds_everything() =>
        Golden.Verify("diff/first.txt", Preview(null, Trees.Compiled(EveryKind.Files)).ToText());

    [Fact]
    public void The_removal_id_is_the_one_the_guard_asks_for()
    {
        var before = Trees.Compiled(EveryKind.Files);
        var after = EveryKind.Changed();
        var held = Assert.IsType<RemovalVerdict.Held>(RemovalGuard.Check(PublishedNode.Of(before), after, new(0, false), confirmRemoval: null));
        Assert.Equal(held.Id, FleetDiff.Between(before, after).RemovalId);
    }

    [Fact]
    public void Nodes_that_change_alike_are_one_paragraph()
    {
        static FleetBundles Fleet(string greeting) => Trees.Compiled([Trees.File("fleet.yaml",
            Trees.Fleet.Replace("Hello", greeting, StringComparison.Ordinal)
            + string.Concat(Enumerable.Range(1, 9).Select(i => Trees.Node($"n{i}"))) + Trees.ConfigFile("motd", "{{ values.greeting }}"))]);
        Golden.Verify("diff/alike.txt", Preview(Fleet("Hello"), Fleet("Bye")).ToText());
    }

    private static Preview Preview(FleetBundles? before, FleetBundles after) =>
        Reconciler.Diffing.Preview.Of(before, after, [], new Dictionary<string, NodeOutlook>());
}
