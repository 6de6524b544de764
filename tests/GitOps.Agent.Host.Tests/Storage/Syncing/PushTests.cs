using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.TestKit.Storage;

namespace GitOps.Agent.Host.Tests.Storage.Syncing;

public sealed class PushTests : IAsyncDisposable
{
    private readonly SyncRig _rig = new();
    private TestWebDav? _server;

    public async ValueTask DisposeAsync()
    {
        await _rig.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_changes_on_the_node_arrives_and_what_others_have_there_stays()
    {
        await FollowAsync(OnConflict.Overwrite, deletes: true, ("a.txt", "one"), ("sub/b.txt", "two"));
        await File.WriteAllTextAsync($"{_server!.Root}/theirs.txt", "theirs", SyncRig.Stop);
        Write("a.txt", "won");
        File.Delete($"{_rig.Folder}/sub/b.txt");

        var report = await _rig.RunAsync();

        Assert.Equal((SyncPhase.Waiting, 1L), (report.State, report.Last!.Moved));
        Assert.Equal(["a.txt=won", "theirs.txt=theirs"], SyncRig.Tree(_server.Root));
        Assert.Equal(0, (await _rig.RunAsync()).Last!.Moved);
    }

    [Theory]
    [InlineData(OnConflict.Overwrite)]
    [InlineData(OnConflict.KeepBoth)]
    [InlineData(OnConflict.Stop)]
    public async Task What_somebody_changed_at_the_remote_is_dealt_with_as_Git_says(OnConflict choice)
    {
        await FollowAsync(choice, deletes: false, ("a.txt", "one"));
        await File.WriteAllTextAsync($"{_server!.Root}/a.txt", "changed there", SyncRig.Stop);

        var report = await _rig.RunAsync();

        var there = SyncRig.Tree(_server.Root);
        switch (choice)
        {
            case OnConflict.Stop:
                Assert.Equal(SyncPhase.Stopped, report.State);
                Assert.Equal(["a.txt=changed there"], there);
                break;
            case OnConflict.Overwrite:
                Assert.Equal(["a.txt=one"], there);
                break;
            default:
                Assert.Equal(2, there.Count);
                Assert.Contains("a.txt=one", there);
                Assert.Contains(there, file => file.StartsWith("a.conflict-", StringComparison.Ordinal) && file.EndsWith(".txt=changed there", StringComparison.Ordinal));
                break;
        }
    }

    [Fact]
    public async Task A_disk_that_is_not_mounted_is_not_written_to()
    {
        await using var rig = new SyncRig();
        Directory.CreateDirectory(rig.Folder);
        await File.WriteAllTextAsync($"{rig.Folder}/a.txt", "one", SyncRig.Stop);
        var stick = $"{Path.GetDirectoryName(rig.Volume)}/stick";
        var spec = SyncRig.Pull(new SyncRemote { Kind = RemoteKind.Local, Path = stick }) with { Mode = SyncMode.Push };
        await rig.UntilReadyAsync(spec);
        await GitOps.TestKit.Eventually.BecomesTrue(() => rig.Report.State == SyncPhase.Failing, TimeSpan.FromSeconds(30), SyncRig.Stop);
        Assert.False(Directory.Exists(stick));

        Directory.CreateDirectory(stick);
        Assert.Equal(SyncPhase.Waiting, (await rig.RunAsync()).State);
        Assert.Equal(["a.txt=one"], SyncRig.Tree(stick));
    }

    private async Task FollowAsync(OnConflict choice, bool deletes, params (string Path, string Text)[] files)
    {
        _server = await TestWebDav.StartAsync(SyncRig.Stop);
        foreach (var (path, text) in files)
        {
            Write(path, text);
        }

        var spec = SyncRig.Pull(new SyncRemote { Kind = RemoteKind.WebDav, Url = _server.Url, User = TestWebDav.User, Password = _rig.Secret("password", TestWebDav.Password) });
        await _rig.UntilReadyAsync(spec with { Mode = SyncMode.Push, OnConflict = choice, Deletes = deletes });
        await GitOps.TestKit.Eventually.BecomesTrue(() => _rig.Report is { State: SyncPhase.Waiting, LastSuccess: not null }, TimeSpan.FromSeconds(30), SyncRig.Stop);
        Assert.Equal(files.Select(f => $"{f.Path}={f.Text}").Order(StringComparer.Ordinal), SyncRig.Tree(_server.Root));
    }

    private void Write(string path, string text)
    {
        var file = $"{_rig.Folder}/{path}";
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
