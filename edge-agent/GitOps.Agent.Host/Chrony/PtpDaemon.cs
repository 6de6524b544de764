using System.Globalization;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.TimeSync;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Chrony;

/// <summary>ptp4l as a child of the agent. One that an agent which was killed left is recognised by a mark in its environment.</summary>
/// <param name="within">What it is started within, such as <c>ip netns exec NAME</c>.</param>
internal sealed class PtpDaemon(ICommandRunner commands, IFileLayer files, PtpLayout layout, IReadOnlyList<string> within) : IAsyncDisposable
{
    private const string MarkVariable = "GITOPS_AGENT_PTP";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);
    private LongProcess? _child;

    public PtpLayout Layout => layout;

    public bool IsRunning => _child is { HasExited: false } || (_child is null && Left().Count > 0);

    /// <summary>What it said before it ended; empty while it runs.</summary>
    public string Trouble => _child is { HasExited: true } ended ? ended.Error.Trim() : "";

    /// <returns>What went wrong, or null. A configuration it refuses ends it at once, an interface that is not there as well.</returns>
    public async Task<string?> RestartAsync(CancellationToken cancellationToken)
    {
        await StopAsync();
        // Warnings go to where they are read; what is less would go to a pipe that nobody empties.
        _child = LongProcess.Start(new Command([.. within, "ptp4l", "-q", "-m", "-l", "4", "-f", layout.ConfigPath])
        {
            Environment = new Dictionary<string, string?> { [MarkVariable] = layout.Directory },
        });
        if (_child is null)
        {
            return "there is no program ptp4l on this machine";
        }

        for (var tries = 0; tries < 50 && !_child.HasExited && files.Stat(layout.SocketPath) is null; tries++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }

        return _child.HasExited ? $"ptp4l ended: {Trouble}" : null;
    }

    public async Task StopAsync()
    {
        if (_child is { } child)
        {
            _child = null;
            await child.DisposeAsync();
        }

        foreach (var pid in Left())
        {
            ProcessTable.Signal(pid, "SIGKILL");
        }

        files.UnlinkIfThere(layout.SocketPath);
    }

    /// <summary>Whom it follows; null while nobody, or when it does not answer.</summary>
    public async Task<PtpGrandmaster?> AskAsync(int domain, CancellationToken cancellationToken) =>
        await ManageAsync(domain, "GET PARENT_DATA_SET", cancellationToken) is { } text ? PtpGrandmaster.TryParse(text) : null;

    /// <summary>Tells its network how good the time is that it tells; whether it took it.</summary>
    public async Task<bool> TellAsync(int domain, bool isReal, CancellationToken cancellationToken) =>
        await ManageAsync(domain, string.Create(CultureInfo.InvariantCulture,
            $"SET GRANDMASTER_SETTINGS_NP clockClass {(isReal ? PtpGrandmaster.ServesReal : PtpGrandmaster.ServesOwn)} clockAccuracy 0xfe offsetScaledLogVariance 0xffff " +
            $"currentUtcOffset 37 leap61 0 leap59 0 currentUtcOffsetValid 0 ptpTimescale 0 timeTraceable 0 frequencyTraceable 0 timeSource {(isReal ? "0x50" : "0xa0")}"),
            cancellationToken) is { } text && text.Contains("RESPONSE MANAGEMENT GRANDMASTER_SETTINGS_NP", StringComparison.Ordinal);

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task<string?> ManageAsync(int domain, string request, CancellationToken cancellationToken)
    {
        var result = await commands.RunAsync(new Command(
            ["pmc", "-u", "-b", "0", "-d", domain.ToString(CultureInfo.InvariantCulture), "-i", $"{layout.Directory}/pmc.sock", "-s", layout.SocketPath, request])
        {
            Deadline = Deadline,
            OutputLimitBytes = 64 * 1024,
        }, cancellationToken);
        return result.Succeeded ? result.Output : null;
    }

    private List<int> Left() => [.. ProcessTable.FindMarked($"{MarkVariable}={layout.Directory}")];
}
