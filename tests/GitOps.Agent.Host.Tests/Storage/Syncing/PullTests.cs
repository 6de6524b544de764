using GitOps.Agent.Host.Processes;
using GitOps.Agent.Links;
using GitOps.Agent.Planning;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.Net;
using GitOps.TestKit.Storage;

namespace GitOps.Agent.Host.Tests.Storage.Syncing;

public sealed class PullTests : IAsyncDisposable
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
    public async Task A_tree_comes_from_WebDAV_with_a_login_and_then_only_what_changed()
    {
        var spec = await ServeAsync(("a.txt", "one"), ("sub/b c.txt", "two"));
        await _rig.UntilReadyAsync(spec);
        Assert.Equal(["a.txt=one", "sub/b c.txt=two"], SyncRig.Tree(_rig.Folder));
        Assert.Equal((SyncPhase.Waiting, new SyncCounts(2, 6, 2, 0)), (_rig.Report.State, _rig.Report.Last));

        Write("sub/b c.txt", "three");
        Write("new.txt", "new");
        var inode = Inode("a.txt");
        Assert.Equal(new SyncCounts(3, 11, 2, 0), (await _rig.RunAsync()).Last);

        Assert.Equal(["a.txt=one", "new.txt=new", "sub/b c.txt=three"], SyncRig.Tree(_rig.Folder));
        Assert.Equal(inode, Inode("a.txt"));
        Assert.Equal(0, (await _rig.RunAsync()).Last!.Moved);
    }

    [Fact]
    public async Task A_tree_comes_from_SFTP_when_the_host_has_its_key_and_not_when_it_has_another()
    {
        await using var sshd = await TestSftp.StartAsync(SyncRig.Stop);
        await File.WriteAllTextAsync($"{sshd.Root}/a.txt", "one", SyncRig.Stop);
        var remote = new SyncRemote
        {
            Kind = RemoteKind.Sftp,
            Host = "127.0.0.1",
            Port = sshd.Port,
            User = Environment.UserName,
            Path = sshd.Root,
            HostKey = sshd.HostKey,
            PrivateKey = _rig.Secret("key", sshd.PrivateKey),
        };
        var other = remote with { HostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGvpJN6Ht1pFhJSPL7SxMRF9mpV2wPIQAbMyQ8TTzTOp" };

        await _rig.Runner.UntilAsync(SyncRig.Unit(SyncRig.Pull(other)), null, _ => _rig.Whole.Syncs is [{ State: SyncPhase.Failing }], SyncRig.Stop);
        Assert.Contains("AGT125", _rig.Report.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_rig.Folder));

        await _rig.UntilReadyAsync(SyncRig.Pull(remote));
        Assert.Equal(["a.txt=one"], SyncRig.Tree(_rig.Folder));
    }

    /// <summary>60 files: a listing of them is 36 KB, and there is a first one, one of rclone's own before it brings them, and a last one.</summary>
    [Theory]
    [InlineData(20_000)]
    [InlineData(60_000)]
    [InlineData(85_000)]
    public async Task A_line_that_is_cut_within_a_listing_or_between_small_files_is_no_failure(int bytes)
    {
        var spec = await ServeAsync([.. Enumerable.Range(0, 60).Select(n => ($"{n}.txt", $"recipe {n}"))]);
        await using var wire = new FaultProxy(_server!.Port);
        wire.CutOnceAfter(bytes);

        await _rig.UntilReadyAsync(spec with { Remote = spec.Remote with { Url = $"http://127.0.0.1:{wire.Port}/" } });

        Assert.Equal(SyncRig.Tree(_server.Root), SyncRig.Tree(_rig.Folder));
        Assert.True(wire.BytesPassed > bytes, $"{wire.BytesPassed} bytes: the line was never cut");
        Assert.Empty(_rig.Notes);
    }

    [Fact]
    public async Task A_wrong_password_and_a_secret_that_is_not_there_are_told_without_the_secret()
    {
        var spec = await ServeAsync(("a.txt", "one"));
        var wrong = spec with { Remote = spec.Remote with { Password = _rig.Secret("wrong", "not-the-password") } };
        await _rig.Runner.UntilAsync(SyncRig.Unit(wrong), null, _ => _rig.Whole.Syncs is [{ State: SyncPhase.Failing }], SyncRig.Stop);
        Assert.DoesNotContain("not-the-password", _rig.Report.Message, StringComparison.Ordinal);

        var missing = spec with { Remote = spec.Remote with { Password = [new ContentPart.Secret("nas", "value", spec.Remote.Password[0] is ContentPart.Secret s ? s.Version : default, "/nowhere/nas")] } };
        await _rig.Runner.UntilAsync(SyncRig.Unit(missing), null, _ => _rig.Whole.Syncs is [{ Message: { } m }] && m.Contains("/nowhere/nas", StringComparison.Ordinal) | m.Contains("nas/value", StringComparison.Ordinal), SyncRig.Stop);
    }

    [Fact]
    public async Task A_folder_that_holds_something_else_is_not_taken_over_and_one_that_holds_the_same_is()
    {
        var spec = await ServeAsync(("a.txt", "one"));
        Directory.CreateDirectory(_rig.Folder);
        await File.WriteAllTextAsync($"{_rig.Folder}/theirs", "theirs", SyncRig.Stop);
        await _rig.Runner.UntilAsync(SyncRig.Unit(spec), null, _ => _rig.Whole.Syncs is [{ State: SyncPhase.Failing }], SyncRig.Stop);
        Assert.Contains("AGT130", _rig.Report.Message, StringComparison.Ordinal);
        Assert.Equal(["theirs=theirs"], SyncRig.Tree(_rig.Folder));

        File.Delete($"{_rig.Folder}/theirs");
        Assert.Equal(SyncPhase.Waiting, (await _rig.RunAsync()).State);
        Assert.Equal(["a.txt=one"], SyncRig.Tree(_rig.Folder));
    }

    [Fact]
    public async Task A_remote_that_is_empty_of_a_sudden_takes_nothing_away()
    {
        var spec = await ServeAsync(("a.txt", "one"));
        await _rig.UntilReadyAsync(spec);
        File.Delete($"{_server!.Root}/a.txt");

        Assert.Contains("AGT133", (await _rig.RunAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(["a.txt=one"], SyncRig.Tree(_rig.Folder));
    }

    [Theory]
    [InlineData(OnConflict.Overwrite)]
    [InlineData(OnConflict.KeepBoth)]
    [InlineData(OnConflict.Stop)]
    public async Task What_somebody_changed_on_the_node_is_dealt_with_as_Git_says(OnConflict choice)
    {
        var spec = (await ServeAsync(("a.txt", "one"), ("b.txt", "two"))) with { OnConflict = choice };
        await _rig.UntilReadyAsync(spec);
        await File.WriteAllTextAsync($"{_rig.Folder}/a.txt", "changed here", SyncRig.Stop);
        await File.WriteAllTextAsync($"{_rig.Folder}/added.txt", "added here", SyncRig.Stop);

        var report = await _rig.RunAsync();

        if (choice == OnConflict.Stop)
        {
            Assert.Equal(SyncPhase.Stopped, report.State);
            Assert.Equal(["a.txt=changed here", "added.txt=added here", "b.txt=two"], SyncRig.Tree(_rig.Folder));
            return;
        }

        Assert.Equal(2, report.Last!.Conflicts);
        Assert.Equal(["a.txt=one", "b.txt=two"], SyncRig.Tree(_rig.Folder));
        var aside = Directory.Exists($"{_rig.Folder}.conflicts") ? SyncRig.Tree(Assert.Single(Directory.GetDirectories($"{_rig.Folder}.conflicts"))) : [];
        Assert.Equal(choice == OnConflict.KeepBoth ? ["a.txt=changed here", "added.txt=added here"] : [], aside);
    }

    [Fact]
    public async Task A_budget_holds_what_would_be_above_it_and_a_limit_of_the_volume_as_well()
    {
        await using var rig = new SyncRig(new LinkPolicy { Budget = new DownloadBudget(10, 30) });
        var spec = await ServeAsync(("a.txt", "more than ten bytes"));
        spec = spec with { Remote = spec.Remote with { Password = rig.Secret("password", TestWebDav.Password) } };
        await rig.Runner.UntilAsync(SyncRig.Unit(spec), null, _ => rig.Whole.Syncs is [{ State: SyncPhase.Failing }], SyncRig.Stop);
        Assert.StartsWith(AgentCodes.FetchHeld.Id, rig.Report.Message, StringComparison.Ordinal);

        rig.Runner.Context = rig.Runner.Context with { Desired = GitOps.Bundles.Bundle.Of([new Unit("data", new VolumeSpec { Path = rig.Volume, LimitBytes = 5 })]) };
        await rig.Runner.UntilAsync(SyncRig.Unit(spec), null, _ => rig.Whole.Syncs is [{ Message: { } m }] && m.StartsWith("AGT131", StringComparison.Ordinal), SyncRig.Stop);
    }

    [Fact]
    public async Task A_sync_that_left_leaves_the_tree_and_nothing_of_its_own()
    {
        var spec = await ServeAsync(("a.txt", "one"));
        await _rig.UntilReadyAsync(spec);

        await _rig.Runner.UntilAsync(null, SyncRig.Unit(spec), plan => plan is { Steps.IsEmpty: true, Status: UnitStatus.Ready }, SyncRig.Stop);

        Assert.Equal([_rig.Folder], Directory.GetFileSystemEntries(_rig.Volume));
        Assert.Equal(["a.txt=one"], SyncRig.Tree(_rig.Folder));
        Assert.Empty(_rig.Whole.Syncs);
    }

    [Fact]
    public async Task A_suspended_sync_does_not_run_until_it_is_suspended_no_more()
    {
        var spec = await ServeAsync(("a.txt", "one"));
        await _rig.UntilReadyAsync(spec);
        await _rig.Runner.TurnAsync(SyncRig.Unit(spec) with { Suspend = "inventory" }, SyncRig.Unit(spec), SyncRig.Stop);
        Write("a.txt", "changed");
        Assert.True(_rig.Driver.RunNow("recipes"));
        await Eventually.BecomesTrue(() => _rig.Report.Message == "it is suspended: inventory", cancellationToken: SyncRig.Stop);
        Assert.Equal(["a.txt=one"], SyncRig.Tree(_rig.Folder));

        await _rig.Runner.TurnAsync(SyncRig.Unit(spec), SyncRig.Unit(spec), SyncRig.Stop);
        await Eventually.BecomesTrue(() => SyncRig.Tree(_rig.Folder) is ["a.txt=changed"], TimeSpan.FromSeconds(30), SyncRig.Stop);
    }

    [Fact]
    public async Task A_sync_that_a_person_holds_runs_only_when_a_person_asks()
    {
        var spec = await ServeAsync(("a.txt", "one"));
        await _rig.UntilReadyAsync(spec);
        _rig.Driver.Held = unit => $"ada ({unit})";
        Write("a.txt", "changed");
        await _rig.Runner.TurnAsync(SyncRig.Unit(spec with { EveryMs = 1_000 }), SyncRig.Unit(spec), SyncRig.Stop);
        await Eventually.BecomesTrue(() => _rig.Report.Message == "it is held by ada (sync/recipes)", cancellationToken: SyncRig.Stop);
        Assert.Equal(["a.txt=one"], SyncRig.Tree(_rig.Folder));

        Assert.True(_rig.Driver.RunNow("recipes"));
        await Eventually.BecomesTrue(() => SyncRig.Tree(_rig.Folder) is ["a.txt=changed"], TimeSpan.FromSeconds(30), SyncRig.Stop);
    }

    [Fact]
    public async Task What_an_agent_that_was_killed_left_running_is_ended_before_anything_else()
    {
        var (name, value) = (_rig.Mark.Split('=')[0], _rig.Mark.Split('=')[1]);
        await using var left = LongProcess.Start(new Command(["sleep", "1000"]) { Environment = new Dictionary<string, string?> { [name] = value } })!;
        await using var other = LongProcess.Start(new Command(["sleep", "1000"]))!;
        await Eventually.BecomesTrue(() => ProcessTable.FindMarked(_rig.Mark).Count > 0, cancellationToken: SyncRig.Stop);

        await _rig.Driver.SettleAsync(SyncRig.Stop);

        Assert.Equal(128 + 9, await left.WaitForExitAsync(SyncRig.Stop));
        Assert.False(other.HasExited);
    }

    private async Task<SyncSpec> ServeAsync(params (string Path, string Text)[] files)
    {
        _server ??= await TestWebDav.StartAsync(SyncRig.Stop);
        foreach (var (path, text) in files)
        {
            Write(path, text);
        }

        return SyncRig.Pull(new SyncRemote { Kind = RemoteKind.WebDav, Url = _server.Url, User = TestWebDav.User, Password = _rig.Secret("password", TestWebDav.Password) });
    }

    private void Write(string path, string text)
    {
        var file = $"{_server!.Root}/{path}";
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private ulong Inode(string path) => GitOps.Platform.Files.DiskFileLayer.Host.Stat($"{_rig.Folder}/{path}")!.Inode;
}
