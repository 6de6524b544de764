using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Diffing;
using GitOps.Reconciler.Tests.Compile;
using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Diffing;

/// <summary>What a reviewer reads below a pull request.</summary>
public sealed class PreviewTests
{
    private static readonly Dictionary<string, NodeOutlook> NobodyAsked = [];

    [Fact]
    public void A_comment_on_a_pull_request_that_changes_every_kind() =>
        Golden.Verify("diff/every-kind.md", Preview.Of(
            Trees.Compiled(EveryKind.Files), EveryKind.Changed(), [Warning("a | b, `c` and @team <b>")], NobodyAsked).ToMarkdown());

    [Fact]
    public void A_comment_where_nothing_changes() => Golden.Verify("diff/nothing.md",
        Preview.Of(Trees.Compiled(EveryKind.Files), Trees.Compiled(EveryKind.Files), [], NobodyAsked).ToMarkdown());

    [Fact]
    public void A_comment_stays_below_what_a_forge_accepts_and_says_what_it_left_out()
    {
        var nodes = string.Concat(Enumerable.Range(1, 400).Select(i => Trees.Node($"n{i:000}", $"{{values: {{name: name-{i}}}}}")));
        FleetBundles Fleet(string size) => Trees.Compiled([Trees.File("fleet.yaml",
            Trees.Fleet + nodes + Trees.ConfigFile("motd", string.Join('\n', Enumerable.Range(0, 40).Select(i => $"{{{{ values.name }}}} {size} {i}"))))]);
        var text = Preview.Of(Fleet("small"), Fleet("large"), [], NobodyAsked).ToMarkdown();
        Assert.InRange(text.Length, PreviewMarkdown.MaxLength / 2, PreviewMarkdown.MaxLength + 200);
        Assert.Matches(@"\*\d+ more groups of nodes are left out here; `gitops diff` shows all of them\.\*\n$", text);
    }

    [Fact]
    public void Text_of_a_file_cannot_close_the_fence_around_it()
    {
        static FleetBundles Fleet(string line) => Trees.Compiled([Trees.File("fleet.yaml", Trees.Fleet + Trees.Node("n1") + Trees.ConfigFile("motd", line))]);
        Assert.Contains("\n````diff\n", Preview.Of(Fleet("```"), Fleet("``` x"), [], NobodyAsked).ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void Removals_above_the_limit_are_announced_with_what_lets_them_pass()
    {
        var (before, after) = (Fleet(12), Fleet(0));
        var preview = Preview.Of(before, after, [], NobodyAsked);
        Assert.Equal("PUB001", preview.Hold!.Code);
        Assert.Contains($"confirmRemoval: {preview.Diff.RemovalId}", preview.Hold.Fix, StringComparison.Ordinal);
        Assert.Contains("this push would be held, PUB001", preview.ToText(), StringComparison.Ordinal);
        Assert.StartsWith("### 1 of 1 node changes\n\n> **This push would be held** (PUB001)", preview.ToMarkdown(), StringComparison.Ordinal);

        static FleetBundles Fleet(int files) => Trees.Compiled([Trees.File("fleet.yaml",
            Trees.Fleet + Trees.Node("n1") + string.Concat(Enumerable.Range(0, files).Select(i => Trees.ConfigFile($"f{i}", "x"))))]);
    }

    [Fact]
    public void What_a_node_fetches_is_its_bundle_and_the_blobs_it_has_not()
    {
        var (before, after) = (Fleet('a', 'b'), Fleet('a', 'c'));
        var node = Assert.Single(FleetDiff.Between(before, after).Nodes);
        Assert.Equal(after.Nodes[0].Bytes.Length + 5000, node.FetchBytes);
        Assert.Equal(after.Nodes[0].Bytes.Length + 10_001, Assert.Single(FleetDiff.Between(null, after).Nodes).FetchBytes);

        static FleetBundles Fleet(char one, char two) => Trees.Compiled([Trees.File("fleet.yaml",
            Trees.Fleet + Trees.Node("n1") + Trees.ConfigFile("one", new string(one, 5000)) + Trees.ConfigFile("two", new string(two, 5000)))]);
    }

    [Fact]
    public void What_will_keep_nodes_from_following_is_said_beforehand()
    {
        var (before, after) = (Trees.Compiled(EveryKind.Files), EveryKind.Changed());
        var press = after.Nodes.Single(n => n.Node == "press-1");
        var report = new NodeReport
        {
            Fleet = after.FleetUid,
            Node = "press-1",
            BootId = "0",
            Sequence = 1,
            Time = default,
            Agent = new AgentVersion("0.1.0", 1),
            Phase = NodePhase.Waiting,
            Quarantined =
            [
                new QuarantineReport(press.Digest, "AGT020: workload/web is not ready"),
                new QuarantineReport(Digest.Of("before"u8), "AGT030: /etc/motd is outside of what policy.json allows") { Unit = press.Bundle.Units[0].Id },
                new QuarantineReport(Digest.Of("other"u8), "AGT030: it is not in the bundle any more") { Unit = new UnitId(UnitKinds.File, "gone") },
            ],
            Conditions =
            [
                new Condition("Ready", "False", "Waiting", "of no interest here", default),
                new Condition("Staged", "False", "AGT037", "20 MiB are to be fetched, 3 MiB are free beyond the reserve", default),
                new Condition("Pinned", "True", "AGT062", "anna pinned generation 3 until 2026-11-24 16:00:00Z: the new recipe", default),
            ],
            Clock = new ClockReport { Managed = true, Synchronised = false },
            Volumes = [new VolumeReport("data", 30 << 20)],
            Holds = [new HoldReport(new UnitId(UnitKinds.Volume, "data"), "anna (moving the rack)", "2026-11-24 12:00:00Z"),
                new HoldReport(new UnitId(UnitKinds.File, "untouched"), "something", "ever")],
        };
        var preview = Preview.Of(before, after, [], new Dictionary<string, NodeOutlook>
        {
            ["press-1"] = new(Online: true, report),
            ["press-2"] = new(Online: false, null),
        });
        Golden.Verify("diff/blockers.txt", string.Concat(preview.Blockers.Select(b => $"{b.Node}: {b.Why}\n")));
        Assert.Contains("! press-2: offline", preview.ToText(), StringComparison.Ordinal);
        Assert.Contains("**Will not follow at once**", preview.ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_thin_link_is_said_where_something_goes_over_it()
    {
        static FleetBundles Site(string uplink, int bytes) => Trees.Compiled([Trees.File("fleet.yaml",
            Trees.Fleet + Trees.Node("a", "{site: s}") + Trees.Node("b") + Trees.ConfigFile("motd", new string('x', bytes)) +
            Trees.Resource("Site", "s", $"timeZone: Europe/Berlin\nuplink: {uplink}"))]);
        const string Both = "{downloadWindows: [22:00-05:00], downloadBudget: {size: 8Ki}}";
        Assert.Equal(
            [
                new Blocker("a", "its site lets contents and images be fetched within 22:00-05:00 (Europe/Berlin) only"),
                new Blocker("a", "it has to fetch 9.8 KiB, and its site lets it fetch 8.0 KiB in 30 days"),
            ],
            Preview.Of(Site(Both, 5000), Site(Both, 10_000), [], NobodyAsked).Blockers);
        Assert.Empty(Preview.Of(Site(Both, 5000), Site(Both, 500), [], NobodyAsked).Blockers);
    }

    [Fact]
    public void Images_are_pulled_once_and_cost_what_the_repository_pins_or_an_unknown_size()
    {
        const string Digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        static FleetBundles Fleet(string image, string other) => Trees.Compiled(
        [
            Trees.File("fleet.yaml", Trees.Fleet + Trees.Node("n1") + Trees.Node("n2", "{architecture: arm64}") +
                Trees.Resource("Workload", "w", "placement: {all: true}\npod: {source: ./w.yaml}")),
            Trees.File("w.yaml", $$"""
                apiVersion: v1
                kind: Pod
                metadata: {name: w}
                spec: {containers: [{name: a, image: "{{image}}@{{Digest}}"}, {name: b, image: "{{other}}@{{Digest}}"}]}
                """),
            Trees.File("image-sizes.json", $$"""{"r.example/b@{{Digest}}": {"amd64": 2048, "arm64": 1024}, "broken": "x"}"""),
        ]);

        var preview = Preview.Of(Fleet("r.example/a", "r.example/c"), Fleet("r.example/a", "r.example/b"), [], NobodyAsked);
        Assert.Equal([new ImagePull($"r.example/b@{Digest}", 2048)], preview.Diff.Nodes[0].Images);
        Assert.Equal([new ImagePull($"r.example/b@{Digest}", 1024)], preview.Diff.Nodes[1].Images);
        Assert.Contains($"  pulls r.example/b@{Digest} (2.0 KiB)\n", preview.ToText(), StringComparison.Ordinal);
        Assert.Contains($"- pulls `r.example/d@{Digest} (size unknown)`\n", Preview.Of(Fleet("r.example/a", "r.example/c"), Fleet("r.example/a", "r.example/d"), [],
            NobodyAsked).ToMarkdown(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1048575, "1.0 MiB")]
    [InlineData(5L << 40, "5.0 TiB")]
    [InlineData(5000L << 40, "5000.0 TiB")]
    public void Sizes_are_short(long bytes, string text) => Assert.Equal(text, ByteSize.Of(bytes));

    private static Finding Warning(string what) =>
        new(ManifestCodes.All[0], Severity.Warning, new SourceSpan("fleet.yaml", 3, 7), what, "look at it");
}
