using System.Globalization;
using CsCheck;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Reconciler.Compile;
using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Compile;

public sealed class FleetCompilerTests
{
    [Theory]
    [InlineData("press-1")]
    [InlineData("mixer-1")]
    public void A_fleet_of_every_kind(string node)
    {
        var bundles = Trees.Compiled(EveryKind.Files);
        Assert.True(bundles.TryGet(node, out var bundle));
        Golden.Verify($"bundles/{node}.json", Trees.Json(bundle));
    }

    [Fact]
    public void A_bundle_is_what_a_node_reads()
    {
        foreach (var node in Trees.Compiled(EveryKind.Files).Nodes)
        {
            var read = Assert.IsType<BundleReading.Read>(BundleJson.Read(node.Bytes));
            Assert.Equal(node.Bundle, read.Bundle);
            Assert.Equal(node.Digest, Digest.Of(node.Bytes.Span));
        }
    }

    [Fact]
    public void Every_blob_a_bundle_names_is_there_once()
    {
        var bundles = Trees.Compiled(EveryKind.Files);
        var named = bundles.Nodes.SelectMany(node => node.Bundle.Blobs()).Select(blob => blob.Digest).Distinct().Order();
        Assert.NotEmpty(bundles.Blobs);
        Assert.Equal(named, bundles.Blobs.Keys.Order());
        Assert.All(bundles.Blobs, blob => Assert.Equal(blob.Key, Digest.Of(blob.Value.Span)));
    }

    [Fact]
    public void The_order_of_files_and_the_number_of_threads_do_not_show()
    {
        var expected = Trees.Fingerprint(EveryKind.Files);
        Gen.Shuffle(EveryKind.Files.ToArray()).Select(Gen.Int[1, 4]).Sample(
            (files, threads) => Trees.Fingerprint(files, new CompileOptions { MaxParallelism = threads }) == expected, iter: 30);
    }

    [Fact]
    public void The_culture_does_not_show()
    {
        var expected = Trees.Fingerprint(EveryKind.Files);
        var before = CultureInfo.CurrentCulture;
        try
        {
            // Under InvariantGlobalization there is no other culture by name, so one is made that would show.
            var odd = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            odd.NumberFormat.NumberDecimalSeparator = ",";
            odd.NumberFormat.NegativeSign = "~";
            CultureInfo.CurrentCulture = odd;
            Assert.Equal(expected, Trees.Fingerprint(EveryKind.Files, new CompileOptions { MaxParallelism = 1 }));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void What_everybody_does_not_see_changes_no_digest()
    {
        var before = Trees.Compiled(EveryKind.Files);
        var changed = EveryKind.Files
            .Select(file => file.Path == "nodes.yaml" ? Trees.File(file.Path, EveryKind.Text(file).Replace("only: mixer", "only: changed", StringComparison.Ordinal)) : file)
            .ToList();
        var after = Trees.Compiled(changed);
        Assert.Equal(before.Nodes.Select(n => n.Digest), after.Nodes.Select(n => n.Digest));
    }

    [Fact]
    public void Nodes_that_need_the_same_share_one_bundle()
    {
        var bundles = Trees.Compiled([Trees.File("fleet.yaml", Trees.Fleet + Trees.Node("a") + Trees.Node("b") +
            Trees.ConfigFile("motd", "{{ values.greeting }}"))]);
        Assert.Same(bundles.Nodes[0].Bundle, bundles.Nodes[1].Bundle);
    }

    [Fact]
    public void Suspension_comes_from_the_node_or_its_site()
    {
        var bundles = Trees.Compiled([Trees.File("fleet.yaml", Trees.Fleet
            + Trees.Resource("Site", "s", "suspend: {reason: inventory}")
            + Trees.Node("a", "{site: s}") + Trees.Node("b", "{suspend: {reason: repair}}") + Trees.Node("c"))]);
        Assert.Equal(["inventory", "repair", null], bundles.Nodes.Select(node => node.Suspended));
    }

    [Fact]
    public void A_rename_is_carried_along()
    {
        var bundles = Trees.Compiled(Trees.OneNode(Trees.Resource("Volume", "new",
            "placement: {all: true}\npath: /srv/data\nmovedFrom: old")));
        Assert.Equal([new UnitMove(new("volume", "old"), new("volume", "new"))], bundles.Nodes[0].Moves);
    }

    [Fact]
    public void One_mistake_on_many_nodes_is_said_once()
    {
        var nodes = string.Concat(Enumerable.Range(1, 1000).Select(i => Trees.Node($"n{i:0000}")));
        var finding = Assert.Single(Trees.Rejected([Trees.File("fleet.yaml", Trees.Fleet + nodes + Trees.ConfigFile("motd", "{{ values.prot }}"))]));
        Assert.Equal("'values' has no member 'prot' (on node n0001 and 999 more nodes)", finding.What);
        Assert.Equal("did you mean 'port'?", finding.Fix);
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once() =>
        Golden.Verify("findings/all-at-once.txt", Trees.Text(Trees.Rejected(Trees.OneNode(
            Trees.Resource("ConfigFile", "a", "placement: {all: true}\npath: /etc/a\ncontent: \"{{ values.nope }}\"\nmodes: \"0644\""),
            Trees.Resource("ConfigFile", "b", "placement: {all: true}\npath: \"{{ values.name }}\"\ncontent: x"),
            Trees.Resource("ConfigFile", "c", "placement: {all: true}\npath: /etc/c\ncontent: \"{{ values.greting }} {{ secret \\\"db/pw\\\" }}\""),
            Trees.Resource("Workload", "d", "placement: {all: true}\nrequires: [volume/none]\nprocess:\n  command: [/bin/true, \"{{ secret \\\"db\\\" }}\"]")))));

    [Fact]
    public void Paths_and_ports_that_collide_only_after_rendering_are_found() =>
        Golden.Verify("findings/claims.txt", Trees.Text(Trees.Rejected(Trees.OneNode(
            Trees.Resource("ConfigFile", "a", "placement: {all: true}\npath: \"/etc/{{ values.name }}\"\ncontent: x"),
            Trees.Resource("ConfigFile", "b", "placement: {all: true}\npath: /etc/web\ncontent: x"),
            Trees.Resource("Workload", "c", "placement: {all: true}\nprocess: {command: [/bin/true], ports: [8080]}"),
            Trees.Resource("Workload", "d", "placement: {all: true}\nprocess: {command: [/bin/true], ports: [\"{{ values.port }}\"]}")))));

    [Fact]
    public void Desired_values_are_checked_after_rendering() =>
        Golden.Verify("findings/desired.txt", Trees.Text(Trees.Rejected(Trees.OneNode(
            Trees.Resource("DeviceModel", "m", """
                protocol: simulated
                properties:
                  - {name: setpoint, type: int16, access: rw, scale: 0.1, minimum: 0, maximum: 120}
                """),
            Trees.Resource("Device", "d", "node: n1\nmodel: m\ndesired: {setpoint: \"{{ values.port }}\"}"),
            Trees.Resource("Device", "e", "node: n1\nmodel: m\ndesired: {setpoint: \"{{ values.name }}\"}")))));

    [Fact]
    public void A_secret_has_to_be_on_the_node_that_uses_it()
    {
        var finding = Assert.Single(Trees.Rejected([Trees.File("fleet.yaml", Trees.Fleet + Trees.Node("a") + Trees.Node("b")
            + Trees.Resource("Secret", "db", "placement: {nodes: [a]}\nfile: /etc/secrets/db\nversion: \"1\"")
            + Trees.ConfigFile("app", "pw={{ secret \"db\" }}"))]));
        Assert.Equal("REN009", finding.Code.Id);
        Assert.EndsWith("(on node b)", finding.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Four_kilobytes_are_a_blob_and_one_less_is_text()
    {
        static EquatableArray<ContentPart> Content(int length) => ((FileSpec)Trees.Compiled(
            [.. Trees.OneNode(Trees.Resource("ConfigFile", "f", "placement: {all: true}\npath: /f\nsource: f.bin")), Trees.File("f.bin", new string('x', length))])
            .Nodes[0].Bundle.Units[0].Spec).Content;
        Assert.IsType<ContentPart.Text>(Assert.Single(Content(4095)));
        Assert.Equal(4096, Assert.IsType<ContentPart.Blob>(Assert.Single(Content(4096))).SizeBytes);
        Assert.Empty(Content(0));
    }
}
