using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Storage.Syncing;

/// <summary>
/// One remote, through the program rclone: each call is a process with a deadline. What it is told of the remote is in its
/// environment alone; it reads no configuration of anybody.
/// </summary>
/// <param name="deadline">When calls end at the latest, whatever they are at.</param>
internal sealed class Rclone(ICommandRunner commands, SyncFiles files, ContentResolver contents, SyncJob job, string name, Func<TimeSpan> deadline)
{
    private const int ListingLimitBytes = 128 << 20;

    /// <summary>rclone's exit code for a directory that is not there.</summary>
    private const int NoDirectory = 3;

    /// <summary>Asks the remote for each named file and lists nothing.</summary>
    private const string OneByOne = "--no-traverse";

    public const string MarkVariable = "GITOPS_AGENT_SYNC";

    /// <summary>What is in the environment of everything that runs for syncs of this agent.</summary>
    public static string MarkLine(SyncFiles files) => $"{MarkVariable}={files.Mark}";

    private SyncRemote Remote => job.Spec.Remote;

    /// <summary>Ends what an agent that was killed left behind: two transfers must not meet in one directory.</summary>
    public static void EndLeftOver(SyncFiles files)
    {
        foreach (var pid in ProcessTable.FindMarked(MarkLine(files)))
        {
            ProcessTable.Signal(pid, "SIGKILL");
        }
    }

    /// <summary>The names right inside of the remote; null where nothing is.</summary>
    public async Task<(IReadOnlyList<string>? Names, Problem? Problem)> TopAsync(CancellationToken cancellationToken)
    {
        using var json = new MemoryStream();
        var (result, problem, _) = await RunAsync(["lsf", "--format", "p", Address], json, null, cancellationToken);
        return result is { ExitCode: NoDirectory } ? (null, null)
            : problem is not null ? (null, problem)
            : (Encoding.UTF8.GetString(json.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries), null);
    }

    /// <summary>All files of the remote.</summary>
    /// <param name="mayBeMissing">A directory that is not there counts as an empty one.</param>
    public async Task<(TreeListing? Files, Problem? Problem)> ListAsync(bool mayBeMissing, CancellationToken cancellationToken)
    {
        using var json = new MemoryStream();
        // Times as the server has them: those that uploaders note cost a request for each file.
        string[] arguments = ["lsjson", "-R", "--files-only", "--no-mimetype", "--use-server-modtime", .. Remote.Kind == RemoteKind.S3 ? ["--hash"] : (string[])[], Address];
        var (result, problem, _) = await RunAsync(arguments, json, null, cancellationToken);
        if (result is { ExitCode: NoDirectory } && mayBeMissing)
        {
            return (TreeListing.Empty, null);
        }

        if (problem is not null)
        {
            return (null, problem);
        }

        return TreeListing.TryParse(json.ToArray()) is not { } listing ? (null, Wrong(SyncCodes.Remote, "rclone's listing cannot be read", "check the version of rclone: 1.58 or newer"))
            : listing.WhyNot() is { } why ? (null, Wrong(SyncCodes.Listing, $"{SyncText.Of(Remote)}: {why}", "correct it at the remote"))
            : (listing, null);
    }

    /// <summary>Brings files into a directory.</summary>
    /// <param name="areMost">They are a large part of the remote: its directories are listed, which costs less than asking for each file.</param>
    public Task<Problem?> FetchAsync(IEnumerable<string> paths, bool areMost, string into, Action<SyncProgress> progressed, CancellationToken cancellationToken) =>
        TransferAsync(paths, [.. areMost ? [] : (string[])[OneByOne], Address, into], progressed, cancellationToken);

    /// <summary>Sends files of a directory.</summary>
    /// <param name="suffix">What the name of a file that is there already gets; null: it is overwritten.</param>
    public Task<Problem?> SendAsync(IEnumerable<string> paths, string from, string? suffix, Action<SyncProgress> progressed, CancellationToken cancellationToken) =>
        TransferAsync(paths, [OneByOne, .. suffix is null ? [] : (string[])["--suffix", suffix, "--suffix-keep-extension"], from, Address], progressed, cancellationToken);

    /// <summary>Deletes files of the remote.</summary>
    public async Task<Problem?> DeleteAsync(IEnumerable<string> paths, CancellationToken cancellationToken) =>
        (await RunAsync(["delete", "--files-from-raw", Names(paths), Address], null, null, cancellationToken)).Problem;

    private string Address => RcloneRemote.Address(Remote);

    private async Task<Problem?> TransferAsync(IEnumerable<string> paths, string[] places, Action<SyncProgress> progressed, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            // Both sides were compared here. One stream per file: several would give it its size before its content.
            "copy", "--ignore-times", "--multi-thread-streams", "0", "--use-server-modtime", "--files-from-raw", Names(paths),
            .. job.Spec.Bandwidth is { } bandwidth ? ["--bwlimit", string.Create(CultureInfo.InvariantCulture, $"{bandwidth}B")] : (string[])[],
            .. places,
        ];
        return (await RunAsync(arguments, null, progressed, cancellationToken)).Problem;
    }

    private string Names(IEnumerable<string> paths) => files.WriteInput(name, "files", Encoding.UTF8.GetBytes(string.Concat(paths.Select(path => $"{path}\n"))));

    private async Task<(CommandResult? Result, Problem? Problem, RcloneLog Log)> RunAsync(
        string[] arguments, MemoryStream? output, Action<SyncProgress>? progressed, CancellationToken cancellationToken)
    {
        var log = new RcloneLog();
        var (variables, missing) = Variables();
        if (missing is not null)
        {
            return (null, missing, log);
        }

        var left = deadline();
        if (left <= TimeSpan.Zero)
        {
            return (null, OutOfTime(), log);
        }

        var result = await commands.RunAsync(new Command(
        [
            "rclone", "--config", "", "--use-json-log", "--log-level", "NOTICE", "--stats", "1s", "--stats-log-level", "NOTICE",
            // A connection that cannot be made is told soon. A listing bridges some seconds; a file that is cut while it travels is taken up
            // again where it was: after the last time it would begin anew, and of a large one all that came would have come for nothing.
            "--retries", "1", "--low-level-retries", progressed is null ? "10" : "100", "--contimeout", "15s", "--timeout", "30s", .. arguments,
        ])
        {
            Environment = variables,
            InheritsEnvironment = false,
            Deadline = left,
            OutputLimitBytes = 64 * 1024,
            Consume = output is null ? null : (pipe, stop) => CopyAsync(pipe, output, stop),
            ErrorLine = line =>
            {
                if (log.Add(line) && log.Progress is { } progress)
                {
                    progressed?.Invoke(progress);
                }
            },
        }, cancellationToken);
        return (result, Judge(result, log), log);
    }

    private Problem? Judge(CommandResult result, RcloneLog log) => result switch
    {
        { Succeeded: true } => null,
        { TimedOut: true } => OutOfTime(),
        { ExitCode: 127 } => Wrong(SyncCodes.NoProgram, result.Error, "install it on the node: apt-get install rclone"),
        { WasKilled: true } => Wrong(SyncCodes.Remote, "rclone was killed", "nothing: it is tried again"),
        _ => Wrong(SyncCodes.Remote, $"{SyncText.Of(Remote)}: {log.Error ?? string.Create(CultureInfo.InvariantCulture, $"rclone ended with {result.ExitCode}")}",
            "check address, credentials and rights; 'gitops-agent status' says when it is tried again"),
    };

    /// <summary>What a program is told in its environment that is to reach the remote.</summary>
    public (IReadOnlyDictionary<string, string?> Variables, Problem? Missing) Variables()
    {
        List<string?> texts = [];
        foreach (var secret in Remote.Secrets)
        {
            var (bytes, missing) = contents.Resolve(secret);
            if (missing is not null)
            {
                return (new Dictionary<string, string?>(), missing);
            }

            texts.Add(secret.IsEmpty ? null : Encoding.UTF8.GetString(bytes!));
        }

        var knownHosts = RcloneRemote.KnownHost(Remote) is { } line ? files.WriteInput(name, "hosts", Encoding.UTF8.GetBytes(line)) : null;
        var secrets = new RemoteSecrets(texts[0], texts[1], texts[2], texts[3]);
        return (new Dictionary<string, string?>(RcloneRemote.Environment(Remote, secrets, RandomNumberGenerator.GetBytes(16), knownHosts))
        {
            [MarkVariable] = files.Mark,
            ["HOME"] = "/nonexistent",
        }, null);
    }

    private static async Task CopyAsync(Stream pipe, MemoryStream output, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        int length;
        while ((length = await pipe.ReadAsync(buffer, cancellationToken)) > 0 && output.Length < ListingLimitBytes)
        {
            output.Write(buffer, 0, length);
        }
    }

    private static Problem OutOfTime() => new(SyncCodes.OutOfTime, "its time limit or its window was over", "nothing: the next run goes on where it was; widen them if it never ends");

    private static Problem Wrong(ErrorCode code, string what, string fix) => new(code, what, fix);
}
