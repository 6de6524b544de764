using GitOps.Agent.Host.Storage.Backups;
using GitOps.Agent.Host.Tests.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Storage.Backups;

/// <summary>A node that backs up a folder, with the real restic.</summary>
internal sealed class BackupRig : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly SyncRig _rig;

    public BackupRig(string node = "press-1", bool trusted = true, ICommandRunner? commands = null)
    {
        NeedsPackage.OrSkip("restic");
        _rig = new SyncRig(trusted: trusted, node: node, commands: commands);
        Directory.CreateDirectory(Folder);
    }

    public SyncRig Sync => _rig;

    public string Folder => _rig.Folder;

    public SyncReport Report => _rig.Report;

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    public SyncSpec Spec(SyncRemote remote, string password = "correct horse", BackupKeep? keep = null, TimeSpan? verify = null) => SyncRig.Pull(remote) with
    {
        Mode = SyncMode.Backup,
        TimeLimitMs = 600_000,
        Backup = new BackupSpec { Password = _rig.Secret("repository", password), Keep = keep, VerifyEveryMs = (long)(verify ?? TimeSpan.FromDays(30)).TotalMilliseconds },
    };

    public static SyncRemote Local(string path)
    {
        Directory.CreateDirectory(path);
        return new SyncRemote { Kind = RemoteKind.Local, Path = path };
    }

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName($"{Folder}/{path}")!);
        File.WriteAllText($"{Folder}/{path}", text);
    }

    /// <summary>Follows it, without a person's word, until the report is as told.</summary>
    /// <param name="isEmpty">A folder that holds nothing stays so; otherwise it gets a file, for there is no snapshot of nothing.</param>
    public async Task<SyncReport> FollowAsync(SyncSpec spec, Func<SyncReport, bool>? until = null, bool isEmpty = false)
    {
        if (!isEmpty && !Directory.EnumerateFileSystemEntries(Folder).Any())
        {
            Write("a", "first");
        }

        await _rig.Runner.TurnAsync(SyncRig.Unit(spec), null, SyncRig.Stop);
        return await UntilAsync(until ?? (report => report is { Snapshot: not null, State: SyncPhase.Waiting }));
    }

    /// <summary>Has it run now, as a person does, until the report is as told: by default there is another snapshot.</summary>
    public async Task<SyncReport> RunAsync(Func<SyncReport, bool>? until = null)
    {
        var before = Report.Snapshot;
        Assert.True(_rig.Driver.RunNow("recipes"));
        return await UntilAsync(until ?? (report => report.Snapshot != before && report.State == SyncPhase.Waiting));
    }

    public async Task<SyncReport> UntilAsync(Func<SyncReport, bool> until)
    {
        var last = Report;
        try
        {
            await Eventually.BecomesTrue(() => until(last = Report), Limit, SyncRig.Stop);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Assert.Fail($"{failure.Message}\nthe last report: {last}");
        }

        return last;
    }

    public static Func<SyncReport, bool> Failing(ErrorCode code) => report =>
        report.State is SyncPhase.Failing or SyncPhase.Stopped && report.Message?.StartsWith(code.Id, StringComparison.Ordinal) == true;

    public async Task<(DeskAnswer Answer, IReadOnlyList<string> Lines)> AtDeskAsync(Func<BackupDesk, Func<string, Task>, Task<DeskAnswer>> work)
    {
        List<string> lines = [];
        var answer = await _rig.Driver.AtDeskAsync("recipes", _rig.Driver.FindBackup("recipes")!, desk => work(desk, line =>
        {
            lines.Add(line);
            return Task.CompletedTask;
        }));
        return (answer!, lines);
    }

    public async Task<DeskAnswer> RestoreAsync(string? to = null, string? path = null, string snapshot = "latest", CancellationToken? stop = null) =>
        (await AtDeskAsync((desk, say) => desk.RestoreAsync(new RestoreWish(snapshot, to, path, IsDryRun: false), say, stop ?? SyncRig.Stop))).Answer;

    public async Task<IReadOnlyList<string>> SnapshotsAsync()
    {
        var (answer, lines) = await AtDeskAsync((desk, say) => desk.ListAsync(say, SyncRig.Stop));
        Assert.Null(answer.Problem);
        return lines;
    }
}

/// <summary>A machine without one program.</summary>
internal sealed class WithoutProgram(string program) : ICommandRunner
{
    private readonly CommandRunner _others = new(TimeProvider.System);

    public Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken) => command.Arguments[0] == program
        ? _others.RunAsync(command with { Arguments = ["there-is-no-such-program", .. command.Arguments.Skip(1)] }, cancellationToken)
        : _others.RunAsync(command, cancellationToken);
}
