using System.Buffers.Binary;
using System.Text;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Manifests.State;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Diffing;
using GitOps.Reconciler.Guards;
using GitOps.Reconciler.Provenance;

namespace GitOps.Reconciler.Tests.Compile;

/// <summary>The agent that Git names becomes a unit of every node.</summary>
public sealed class AgentReleaseTests
{
    private const string New = """

          agent:
            version: 0.5.0
            executables: {amd64: agents/x64, arm64: agents/arm64}
        """;

    [Fact]
    public void Each_node_gets_the_executable_of_its_architecture()
    {
        var bundles = Trees.Compiled(Fleet(New));
        Assert.Equal("5", Said(bundles, "n1"));
        Assert.Equal("arm 5", Said(bundles, "n2"));
        Assert.Equal("0.5.0", Agent(bundles, "n1")!.Version);
    }

    [Fact]
    public void Without_it_a_bundle_is_what_it_always_was()
    {
        var bundles = Trees.Compiled(Fleet(""));
        Assert.True(bundles.TryGet("n1", out var node));
        Assert.Equal("""{"format":1,"units":[]}""", Encoding.UTF8.GetString(node.Bytes.Span));
    }

    [Fact]
    public void A_group_of_higher_priority_has_its_own()
    {
        string Group(string name, int priority, string file) => $$"""

            ---
            apiVersion: gitops.edge/v1
            kind: NodeGroup
            metadata: {name: {{name}}}
            spec:
              selector: {matchLabels: {gitops.edge/node: n1} }
              priority: {{priority}}
              agent: {version: 0.6.0, executables: {amd64: {{file}} } }
            """;

        var bundles = Trees.Compiled(Fleet(New + Group("a", 2, "agents/x64-new") + Group("b", 1, "agents/x64")));
        Assert.Equal(("6", "arm 5"), (Said(bundles, "n1"), Said(bundles, "n2")));
        Assert.Contains("MAN033", Rejected(Fleet(New + Group("a", 1, "agents/x64-new") + Group("b", 1, "agents/x64"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{amd64: agents/x64}", "no executable for arm64")]
    [InlineData("{amd64: agents/arm64, arm64: agents/arm64}", "agents/arm64 is no executable for amd64: it is for arm64")]
    [InlineData("{amd64: agents/none, arm64: agents/arm64}", "there is no file 'agents/none'")]
    [InlineData("{amd64: /usr/bin/true, arm64: agents/arm64}", "MAN040")]
    public void What_no_node_could_run_is_found(string executables, string expected) =>
        Assert.Contains(expected, Rejected(Fleet($"\n  agent: {{version: 0.5.0, executables: {executables} }}")), StringComparison.Ordinal);

    [Fact]
    public void Each_change_reaches_the_nodes_as_if_all_were_compiled_anew()
    {
        var compilation = new FleetCompilation();
        var before = new Dictionary<string, SourceFile>();
        void Becomes(List<SourceFile> files)
        {
            var now = files.ToDictionary(f => f.Path);
            SourceChange[] changes =
            [
                .. now.Values.Where(f => !before.TryGetValue(f.Path, out var old) || !old.Bytes.Span.SequenceEqual(f.Bytes.Span)).Select(f => new SourceChange(f.Path, f)),
                .. before.Keys.Except(now.Keys).Select(path => new SourceChange(path, null)),
            ];
            before = now;
            var compiled = Assert.IsType<CompileResult.Compiled>(compilation.Apply(changes)).Bundles;
            Assert.Equal(Trees.Compiled(files).Nodes.Select(n => n.Digest), compiled.Nodes.Select(n => n.Digest));
        }

        Becomes(Fleet(""));
        Becomes(Fleet(New));
        Becomes(Fleet(New + "\n  removal: {limit: 5}")); // another Fleet that says the same of agents
        var changed = Fleet(New + "\n  removal: {limit: 5}");
        changed[1] = Executable("agents/x64", 62, "5b");
        Becomes(changed);
        Becomes(Fleet(New.Replace("0.5.0", "0.5.1", StringComparison.Ordinal)));
        Becomes(Fleet(""));
    }

    [Fact]
    public void A_preview_says_the_version_the_bytes_and_that_the_agent_restarts()
    {
        var next = New.Replace("0.5.0", "0.6.0", StringComparison.Ordinal).Replace("agents/x64", "agents/x64-new", StringComparison.Ordinal);
        var text = new Preview(FleetDiff.Between(Trees.Compiled(Fleet(New)), Trees.Compiled(Fleet(next))), null, [], []).ToText();
        Assert.Contains("~ agent/self", text, StringComparison.Ordinal);
        Assert.Contains("spec.version: \"0.5.0\" → \"0.6.0\"", text, StringComparison.Ordinal);
        Assert.Contains("restarts agent/self", text, StringComparison.Ordinal);
        Assert.Contains("restarts agent/self", new Preview(FleetDiff.Between(Trees.Compiled(Fleet("")), Trees.Compiled(Fleet(New))), null, [], []).ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Taking_it_out_of_git_removes_nothing_from_a_node() =>
        Assert.Empty(RemovalGuard.Removals(PublishedNode.Of(Trees.Compiled(Fleet(New))), Trees.Compiled(Fleet(""))));

    [Theory]
    [InlineData("n1/agent/self.version", "0.5.0")]
    [InlineData("n2/agent/self.executable", "agents/arm64")]
    public void Why_a_node_has_it_can_be_asked(string question, string expected)
    {
        var found = Assert.IsType<WhyAnswer.Found>(Why.Ask(Trees.Compiled(Fleet(New)).Manifest, question));
        Assert.Equal("every node", Assert.Single(found.Placements).Reason);
        Assert.Contains(expected, found.ToText(), StringComparison.Ordinal);
    }

    private static List<SourceFile> Fleet(string more) =>
    [
        Trees.File("fleet.yaml", Trees.Fleet + more + Trees.Node("n1") + Trees.Node("n2", "{architecture: arm64}")),
        Executable("agents/x64", 62, "5"), Executable("agents/x64-new", 62, "6"), Executable("agents/arm64", 183, "arm 5"),
    ];

    /// <summary>What begins as an executable does and ends with a text that tells it from others.</summary>
    private static SourceFile Executable(string path, ushort machine, string says)
    {
        var bytes = new byte[4096 + says.Length];
        "\u007FELF\u0002\u0001\u0001"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(18), machine);
        Encoding.UTF8.GetBytes(says).CopyTo(bytes, 4096);
        return new SourceFile(path, bytes);
    }

    private static AgentSpec? Agent(FleetBundles bundles, string node) =>
        bundles.TryGet(node, out var bundle) ? bundle.Bundle.Units.Select(u => u.Spec).OfType<AgentSpec>().SingleOrDefault() : null;

    private static string Said(FleetBundles bundles, string node) => Encoding.UTF8.GetString(bundles.Blobs[Agent(bundles, node)!.Blob.Digest].Span[4096..]);

    private static string Rejected(List<SourceFile> files) => Trees.Text(Assert.IsType<CompileResult.Rejected>(FleetCompiler.Compile(files)).Findings);
}
