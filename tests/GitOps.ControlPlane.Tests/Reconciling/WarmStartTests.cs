using GitOps.ControlPlane.Warm;
using GitOps.Reconciler.Compile;
using GitOps.TestKit;

namespace GitOps.ControlPlane.Tests.Reconciling;

/// <summary>What one process compiled serves the next; a file that is not whole serves nobody and harms nobody.</summary>
public sealed class WarmStartTests : IAsyncLifetime
{
    private const string Begins = "begins with 2 nodes compiled by the process before";
    private readonly ControlPlane _plane = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string FilePath => Path.Combine(_plane.DataPath, "compiled.cache");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _plane.DisposeAsync();

    [Fact]
    public async Task A_start_begins_with_what_the_process_before_compiled_and_goes_on_with_what_came_since()
    {
        await PublishAndStop();
        Assert.DoesNotContain(Begins, _plane.Log.Lines);
        var second = _plane.Git.CommitAndPush("two", Node("n1", 8081));
        _plane.Start();
        await _plane.Opened(second, "n1");
        Assert.Contains(Begins, _plane.Log.Lines);
        Assert.Equal(Cold(8081, 8080), Opened());
    }

    [Fact]
    public async Task What_is_read_is_what_was_written_with_claims_and_places()
    {
        await PublishAndStop();
        var bytes = File.ReadAllBytes(FilePath);
        var state = Assert.IsType<WarmReading.Read>(_plane.Warm.Read()).State;
        Assert.Equal(["n1", "n2"], state.Kept.Nodes.Keys.Order());
        Assert.Equal(["/srv/port", "1024"], state.Kept.Nodes["n1"].SelectMany(unit => unit.Claims).Select(claim => claim.Claim switch
        {
            Manifests.Rules.NodeClaim.FilePath(var path) => path,
            Manifests.Rules.NodeClaim.Port(var port) => $"{port}",
            var other => $"{other}",
        }));
        Assert.All(state.Kept.Nodes["n1"].SelectMany(unit => unit.Claims), claim => Assert.Equal("apps.yaml", claim.Span.File));
        _plane.Warm.Write(state);
        Assert.Equal(bytes, File.ReadAllBytes(FilePath));
    }

    [Fact]
    public async Task A_file_that_is_cut_changed_or_of_another_build_is_not_believed()
    {
        await PublishAndStop();
        var whole = File.ReadAllBytes(FilePath);
        for (var at = 0; at < whole.Length; at += 1 + (whole.Length / 97))
        {
            File.WriteAllBytes(FilePath, whole[..at]);
            Assert.IsType<WarmReading.Useless>(_plane.Warm.Read());
            var changed = whole.ToArray();
            changed[at] ^= 0x20;
            File.WriteAllBytes(FilePath, changed);
            Assert.IsType<WarmReading.Useless>(_plane.Warm.Read());
        }

        File.WriteAllBytes(FilePath, whole[..^1]);
        var second = _plane.Git.CommitAndPush("two", Node("n1", 8081));
        _plane.Start();
        await _plane.Opened(second, "n1");
        Assert.DoesNotContain(Begins, _plane.Log.Lines);
        Assert.Contains(_plane.Log.Lines, line => line.StartsWith("compiles everything anew", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_may_be_deleted_and_is_written_again()
    {
        await PublishAndStop();
        File.Delete(FilePath);
        _plane.Start();
        await Eventually.BecomesTrue(() => File.Exists(FilePath), cancellationToken: Cancellation);
    }

    private async Task PublishAndStop()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), ("site.yaml", Site), ("apps.yaml", Apps), Node("n1", 8080), Node("n2", 8080));
        _plane.Start();
        await _plane.Opened(first, "n1", "n2");
        await Eventually.BecomesTrue(() => File.Exists(FilePath), cancellationToken: Cancellation);
        await _plane.StopAsync();
    }

    private IEnumerable<string> Opened() => new[] { "n1", "n2" }.Select(node => $"{node} {_plane.Store.PointerOf(node)!.Bundle}");

    private static IEnumerable<string> Cold(int first, int second)
    {
        (string Path, string Text)[] files = [Fleets.Fleet(), ("site.yaml", Site), ("apps.yaml", Apps), Node("n1", first), Node("n2", second)];
        var result = FleetCompiler.Compile([.. files.Select(file => new Manifests.SourceFile(file.Path, System.Text.Encoding.UTF8.GetBytes(file.Text)))]);
        return Assert.IsType<CompileResult.Compiled>(result).Bundles.Nodes.Select(node => $"{node.Node} {node.Digest}");
    }

    private const string Site = "apiVersion: gitops.edge/v1\nkind: Site\nmetadata: {name: hall}\nspec: {timeZone: Europe/Berlin}\n";

    private static (string, string) Node(string name, int port) => ($"nodes/{name}.yaml",
        $$"""
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata:
          name: {{name}}
        spec:
          site: hall
          values:
            port: {{port}}
        """);

    private const string Apps =
        """
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata: {name: port}
        spec:
          placement: {all: true}
          path: /srv/port
          content: "{{ values.port }}"
        ---
        apiVersion: gitops.edge/v1
        kind: Workload
        metadata: {name: server}
        spec:
          placement: {all: true}
          process:
            command: [/usr/bin/server, "{{ values.port }}"]
            ports: [1024]
        """;
}
