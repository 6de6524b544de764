using GitOps.Agent.TimeSync;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Chrony;

/// <summary>
/// chronyd as a child of the agent, for machines without systemd. One that an earlier agent left running is found by its
/// socket, and replaced when it is to be restarted.
/// </summary>
/// <param name="layout">With a run directory.</param>
/// <param name="leavesClock">chronyd measures and steers nothing (<c>-x</c>).</param>
internal sealed class DirectChrony(ICommandRunner commands, ChronyLayout layout, bool leavesClock, TimeProvider time) : IChronyControl
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);
    private readonly Chronyc _chronyc = new(commands, layout.SocketPath);
    private LongProcess? _process;

    public ChronyLayout Layout => layout;

    public async Task<string?> RestartAsync(CancellationToken cancellationToken)
    {
        if (await StopAsync(cancellationToken) is { } why)
        {
            return why;
        }

        string[] options = leavesClock ? ["-x"] : [];
        _process = LongProcess.Start(new Command(["chronyd", .. options, "-d", "-f", layout.ConfigPath]));
        if (_process is null)
        {
            return "there is no program chronyd on this machine";
        }

        var isUp = await BecomesAsync(async () => _process.HasExited || await AnswersAsync(cancellationToken), cancellationToken);
        return _process.HasExited ? $"chronyd ended: {_process.Error.Trim()}"
            : isUp ? null
            : $"chronyd does not answer on {layout.SocketPath}";
    }

    public async Task<string?> StopAsync(CancellationToken cancellationToken)
    {
        if (await _chronyc.AskAsync(["shutdown"], cancellationToken) is not null)
        {
            if (_process is { } child)
            {
                await child.WaitForExitAsync(cancellationToken);
            }

            // An earlier agent's child is not ours to wait for: its socket going silent is what can be seen.
            else if (!await BecomesAsync(async () => !await AnswersAsync(cancellationToken), cancellationToken))
            {
                return "chronyd was told to end and still answers";
            }
        }

        await DisposeAsync();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } child)
        {
            _process = null;
            await child.DisposeAsync();
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken) =>
        await _chronyc.AskAsync(["tracking"], cancellationToken) is not null;

    /// <summary>chronyd gives no sign when its socket is ready: it is asked, for a bounded time.</summary>
    private async Task<bool> BecomesAsync(Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (!await condition())
        {
            if (time.GetElapsedTime(start) > StartLimit)
            {
                return false;
            }

            await Task.Delay(Period, time, cancellationToken);
        }

        return true;
    }
}
