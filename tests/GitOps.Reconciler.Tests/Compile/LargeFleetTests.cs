using GitOps.Manifests;

namespace GitOps.Reconciler.Tests.Compile;

public sealed class LargeFleetTests
{
    [Fact]
    public void Ten_thousand_nodes_compile_and_share_what_they_can()
    {
        var bundles = Trees.Compiled(Files(10_000));
        Assert.Equal(10_000, bundles.Nodes.Length);
        // Two roles, and only the file of the one looks at 'node'.
        Assert.Equal(5_001, bundles.Nodes.Select(node => node.Digest).Distinct().Count());
    }

    private static List<SourceFile> Files(int nodes)
    {
        List<SourceFile> files =
        [
            Trees.File("fleet.yaml", Trees.Fleet
                + Trees.Resource("Volume", "data", "placement: {all: true}\npath: \"/srv/{{ values.name }}\"")
                + Trees.Resource("TimeSync", "time", "placement: {all: true}\nservers: [pool.ntp.org]")
                + Trees.Resource("Workload", "web", "placement: {all: true}\nrequires: [clock, volume/data]\nprocess: {command: [/bin/web, \"{{ values.port }}\"]}")
                + Trees.Resource("ConfigFile", "id", "placement: {matchLabels: {role: press}}\npath: /etc/id\ncontent: \"{{ node.name }}\"")),
        ];
        files.AddRange(Enumerable.Range(0, nodes / 100).Select(chunk => Trees.File($"nodes/{chunk:000}.yaml",
            string.Concat(Enumerable.Range(0, 100).Select(i => Trees.Node($"n{(chunk * 100) + i:00000}", labels: $"{{role: {(i % 2 == 0 ? "press" : "mixer")}}}"))))));
        return files;
    }
}
