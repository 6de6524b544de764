using System.Globalization;
using System.Text;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Host.Storage.Syncing;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Storage.Backups;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Storage.Backups;

/// <summary>What became of a call of restic.</summary>
internal sealed record ResticResult(CommandResult? Ended, ResticLog Log, Problem? Problem)
{
    /// <summary>Somebody else works with the repository.</summary>
    public bool IsLocked => Log.Error?.Contains("already locked", StringComparison.Ordinal) == true;

    /// <summary>There is none, in restic's words.</summary>
    public bool IsWrongPassword => Log.Error?.Contains("wrong password", StringComparison.Ordinal) == true;

    public string Output => Ended?.Output ?? "";
}

/// <summary>
/// One repository, through the program restic: each call is a process with a deadline. Password and credentials are in its
/// environment alone. Every process is noted while it runs, so that a lock it leaves behind is known as ours.
/// </summary>
internal sealed class Restic(ICommandRunner commands, SyncFiles files, ContentResolver contents, Rclone rclone, SyncJob job, BackupName name, Func<TimeSpan> deadline)
{
    private const string Started = "started";

    /// <summary>A person's restore and a run of the schedule may note at one time.</summary>
    private static readonly Lock Noting = new();

    public BackupName Name => name;

    /// <summary>What began here and did not end by itself, as far as is known.</summary>
    public IReadOnlyCollection<int> LeftOver => [.. files.ReadInput(name.Sync, Started)
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)];

    /// <summary>Runs restic on the repository.</summary>
    /// <param name="told">Told when the progress is another one.</param>
    /// <param name="line">Takes the output line by line instead.</param>
    public async Task<ResticResult> RunAsync(
        IEnumerable<string> arguments, CancellationToken cancellationToken, string? workingDirectory = null, Action<ResticLog>? told = null, Action<string>? line = null)
    {
        var log = new ResticLog();
        var (variables, missing) = Environment();
        var left = deadline();
        if (missing is not null || left <= TimeSpan.Zero)
        {
            return new ResticResult(null, log, missing ?? OutOfTime());
        }

        var pid = 0;
        var result = await commands.RunAsync(new Command(["restic", "--repo", ResticRepository.Address(job.Spec.Remote), .. Limits(), .. arguments])
        {
            WorkingDirectory = workingDirectory,
            Environment = variables,
            InheritsEnvironment = false,
            Deadline = left,
            OutputLimitBytes = 16 << 20,
            Started = started => Note(others => others.TakeLast(50).Append(pid = started)),
            ErrorLine = text => log.Add(text),
            Consume = line is null && told is null ? null : (pipe, stop) => ReadAsync(pipe, line ?? (text =>
            {
                if (log.Add(text))
                {
                    told!(log);
                }
            }), stop),
        }, cancellationToken);
        if (!result.WasKilled && !result.TimedOut)
        {
            Note(started => started.Where(one => one != pid));
        }

        var judged = new ResticResult(result, log, null);
        return judged with { Problem = Judge(judged) };
    }

    /// <summary>All snapshots of this backup.</summary>
    public async Task<(EquatableArray<BackupSnapshot> Snapshots, Problem? Problem)> SnapshotsAsync(CancellationToken cancellationToken)
    {
        var result = await RunAsync(["snapshots", "--json", "--tag", name.Tags], cancellationToken);
        return result.Problem is not null ? ([], result.Problem)
            : BackupSnapshot.TryParse(result.Output) is { } snapshots ? (snapshots, null)
            : ([], Wrong(SyncCodes.Repository, "restic's list of snapshots cannot be read", "check the version of restic: 0.14 or newer"));
    }

    /// <summary>Removes the locks of processes of this machine that are gone.</summary>
    public async Task<Problem?> RemoveLocksAsync(CancellationToken cancellationToken)
    {
        var started = LeftOver;
        if (started.Count == 0)
        {
            return null;
        }

        var list = await RunAsync(["list", "locks", "--no-lock"], cancellationToken);
        if (list.Problem is not null)
        {
            return list.Problem;
        }

        var alive = ProcessTable.FindMarked(Rclone.MarkLine(files));
        List<string> gone = [];
        var isAllRead = true;
        foreach (var id in list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var said = await RunAsync(["cat", "lock", id, "--no-lock"], cancellationToken);
            if (said.Problem is null && BackupLock.TryParse(said.Output)?.IsLeftOver(System.Environment.MachineName, started, alive) == true)
            {
                gone.Add($"locks/{id}");
            }

            isAllRead &= said.Problem is null;
        }

        var problem = gone.Count == 0 ? null : await rclone.DeleteAsync(gone, cancellationToken);
        if (problem is null && isAllRead) // one that could not be read may be ours, and is looked at next time
        {
            Note(now => now.Except(started).Concat(started.Where(alive.Contains)));
        }

        return problem;
    }

    private void Note(Func<IReadOnlyCollection<int>, IEnumerable<int>> change)
    {
        lock (Noting)
        {
            files.WriteInput(name.Sync, Started, Encoding.UTF8.GetBytes(string.Concat(change(LeftOver).Select(pid => $"{pid}\n"))));
        }
    }

    private IEnumerable<string> Limits()
    {
        if (job.Spec.Bandwidth is { } bandwidth)
        {
            var rate = Math.Max(1, bandwidth / 1024).ToString(CultureInfo.InvariantCulture);
            return ["--limit-upload", rate, "--limit-download", rate];
        }

        return [];
    }

    private (IReadOnlyDictionary<string, string?> Variables, Problem? Missing) Environment()
    {
        var (password, missing) = contents.Resolve(job.Spec.Backup?.Password ?? []);
        var (remote, unknown) = rclone.Variables();
        if (missing is not null || unknown is not null)
        {
            return (remote, missing ?? unknown);
        }

        var cache = files.Cache(name.Sync);
        return (new Dictionary<string, string?>(remote)
        {
            ["RESTIC_PASSWORD"] = Encoding.UTF8.GetString(password!),
            ["RESTIC_CACHE_DIR"] = cache,
            ["RESTIC_PROGRESS_FPS"] = "1",
            ["TMPDIR"] = $"{cache}/tmp",
            ["RCLONE_CONFIG"] = "/nonexistent/rclone.conf",
            ["RCLONE_CONTIMEOUT"] = "15s",
            ["RCLONE_TIMEOUT"] = "30s",
        }, null);
    }

    private Problem? Judge(ResticResult result) => result.Ended switch
    {
        { Succeeded: true } => null,
        { TimedOut: true } => OutOfTime(),
        { ExitCode: 127 } ended => Wrong(SyncCodes.NoProgram, ended.Error, "install it on the node: apt-get install restic"),
        { WasKilled: true } => Wrong(SyncCodes.Remote, "restic was killed", "nothing: it is tried again"),
        _ when result.IsWrongPassword => Wrong(SyncCodes.Repository, $"the password does not open the repository at {Place}",
            "put the password it was made with into the Secret, or give the backup another place"),
        _ when result.IsLocked => Wrong(SyncCodes.Remote, $"the repository at {Place} is locked: {result.Log.Error}",
            "nothing while whoever it names works; if it is gone, 'restic unlock' on its machine"),
        { } ended => Wrong(SyncCodes.Remote, $"{Place}: {result.Log.Error ?? string.Create(CultureInfo.InvariantCulture, $"restic ended with {ended.ExitCode}")}",
            "check address, credentials, rights and room there; 'gitops-agent status' says when it is tried again"),
        null => null,
    };

    private string Place => SyncText.Of(job.Spec.Remote);

    private static async Task ReadAsync(Stream pipe, Action<string> line, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(pipe, Encoding.UTF8, false, 16 * 1024, leaveOpen: true);
        while (await reader.ReadLineAsync(cancellationToken) is { } text)
        {
            line(text);
        }
    }

    private static Problem OutOfTime() => Wrong(SyncCodes.OutOfTime, "its time limit or its window was over", "nothing: the next run goes on where it was; widen them if it never ends");

    private static Problem Wrong(ErrorCode code, string what, string fix) => new(code, what, fix);
}
