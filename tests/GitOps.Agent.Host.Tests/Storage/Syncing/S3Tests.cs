using System.Security.Cryptography;
using GitOps.Agent.Host.Tests.Storage.Backups;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.TestKit;
using GitOps.TestKit.Net;
using GitOps.TestKit.Storage;

namespace GitOps.Agent.Host.Tests.Storage.Syncing;

/// <summary>Buckets of a server that checks signatures.</summary>
public sealed class S3Tests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly SyncRig _rig = new();
    private TestS3 _server = null!; // before each test

    public async ValueTask InitializeAsync() => _server = await TestS3.StartAsync(SyncRig.Stop);

    public async ValueTask DisposeAsync()
    {
        await _rig.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_a_node_sends_to_a_bucket_another_one_brings_and_so_what_changed_and_went()
    {
        Write("a.txt", "one");
        Write("sub/b c.txt", "two");
        await _rig.UntilReadyAsync(Push(_rig, _server.Url));
        await UntilAsync(_rig, report => report is { State: SyncPhase.Waiting, LastSuccess: not null });
        Assert.Equal(["press-1/a.txt", "press-1/sub/b c.txt"], _server.Keys);

        await using var other = new SyncRig(node: "press-2");
        await other.UntilReadyAsync(SyncRig.Pull(Remote(other, _server.Url)));
        Assert.Equal(["a.txt=one", "sub/b c.txt=two"], SyncRig.Tree(other.Folder));

        Write("a.txt", "won");
        File.Delete($"{_rig.Folder}/sub/b c.txt");
        Assert.Equal(1, (await _rig.RunAsync()).Last!.Moved);
        Assert.Equal("won", _server.Read("press-1/a.txt"));
        Assert.Equal(["press-1/a.txt"], _server.Keys);
        Assert.Equal(1, (await other.RunAsync()).Last!.Moved);
        Assert.Equal(["a.txt=won"], SyncRig.Tree(other.Folder));
        Assert.Equal(0, (await other.RunAsync()).Last!.Moved);
    }

    [Fact]
    public async Task A_line_that_is_cut_within_a_file_goes_on_where_it_was()
    {
        const int Bytes = 24 << 20;
        await using var wire = new FaultProxy(_server.Port);
        var content = RandomNumberGenerator.GetBytes(Bytes);
        Directory.CreateDirectory(_rig.Folder);
        await File.WriteAllBytesAsync($"{_rig.Folder}/big.bin", content, SyncRig.Stop);
        await _rig.UntilReadyAsync(Push(_rig, _server.Url));
        await UntilAsync(_rig, report => report.LastSuccess is not null);

        await using var other = new SyncRig(node: "press-2");
        wire.CutOnceAfter(Bytes / 3);
        var pull = SyncRig.Pull(Remote(other, $"http://127.0.0.1:{wire.Port}"));
        await other.Runner.TurnAsync(SyncRig.Unit(pull), null, SyncRig.Stop);
        await UntilAsync(other, report => report.LastSuccess is not null);

        Assert.Equal(content, await File.ReadAllBytesAsync($"{other.Folder}/big.bin", SyncRig.Stop));
        Assert.InRange(wire.BytesPassed, Bytes, Bytes + (Bytes / 4));
    }

    [Fact]
    public async Task Another_secret_is_refused_and_nothing_is_touched()
    {
        Write("a.txt", "one");
        var remote = Remote(_rig, _server.Url) with { SecretAccessKey = _rig.Secret("wrong", "not this one") };
        await _rig.UntilReadyAsync(Push(_rig, _server.Url) with { Remote = remote });
        var report = await UntilAsync(_rig, report => report.State == SyncPhase.Failing);

        Assert.StartsWith($"{SyncCodes.Remote.Id}: s3://{TestS3.Bucket}/press-1 at {_server.Url}: ", report.Message, StringComparison.Ordinal);
        Assert.True(report.Message!.Contains("SignatureDoesNotMatch", StringComparison.Ordinal), report.Message);
        Assert.DoesNotContain("not this one", report.Message, StringComparison.Ordinal);
        Assert.Empty(_server.Keys);
        Assert.Equal(["a.txt=one"], SyncRig.Tree(_rig.Folder));
    }

    [Fact]
    public async Task Snapshots_go_to_a_bucket_and_come_back_and_nothing_there_can_be_read()
    {
        await using var rig = new BackupRig();
        using var place = new TempDirectory();
        rig.Write("a", "a secret recipe");
        await rig.FollowAsync(rig.Spec(Remote(rig.Sync, _server.Url)));
        rig.Write("a", "changed");
        await rig.RunAsync();

        Assert.Contains("press-1/config", _server.Keys);
        Assert.Equal(2, _server.Keys.Count(key => key.StartsWith("press-1/snapshots/", StringComparison.Ordinal)));
        Assert.DoesNotContain(_server.Keys, key => _server.Read(key).Contains("recipe", StringComparison.Ordinal));
        Assert.Null((await rig.RestoreAsync(to: place["elsewhere"])).Problem);
        Assert.Equal(["a=changed"], SyncRig.Tree(place["elsewhere"]));
    }

    private static SyncSpec Push(SyncRig rig, string url) => SyncRig.Pull(Remote(rig, url)) with { Mode = SyncMode.Push, Deletes = true };

    private static SyncRemote Remote(SyncRig rig, string url) => new()
    {
        Kind = RemoteKind.S3,
        Url = url,
        Region = "eu-1",
        Bucket = TestS3.Bucket,
        Path = "press-1",
        AccessKeyId = rig.Secret("id", TestS3.AccessKeyId),
        SecretAccessKey = rig.Secret("key", TestS3.SecretAccessKey),
    };

    private void Write(string path, string text)
    {
        var file = $"{_rig.Folder}/{path}";
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private static async Task<SyncReport> UntilAsync(SyncRig rig, Func<SyncReport, bool> holds)
    {
        await Eventually.BecomesTrue(() => holds(rig.Report), Limit, SyncRig.Stop);
        return rig.Report;
    }
}
