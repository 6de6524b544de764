using System.Diagnostics;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Processes;

/// <summary>
/// Starts shims: this same program, as a unit of systemd's where systemd is, otherwise as leader of a session of its own, so that
/// nothing that ends the agent ends them.
/// </summary>
/// <param name="self">This program and the arguments that lead it to its commands.</param>
internal sealed class ShimStarter(IReadOnlyList<string> self, ShimFiles runs, ICommandRunner commands)
{
    private const string Busy = "a shim of an earlier run is still there";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <returns>Null: it runs, and what is known of it is on disk. Otherwise why not.</returns>
    public async Task<string?> StartAsync(string name, ShimOrder order, CancellationToken cancellationToken)
    {
        if (order.SystemUnit is not null)
        {
            var made = await commands.RunAsync(TransientUnit.Start(order, name, Shim(name)), cancellationToken);
            return made.Succeeded ? null
                : runs.FindShim(name) is not null ? Busy
                : $"systemd-run ended with {made.ExitCode}: {made.Error.Trim()}";
        }

        return await StartSessionAsync(name, cancellationToken) switch
        {
            Processes.Shim.Started => null,
            Processes.Shim.Busy => Busy,
            _ => "its shim ended before it noted the run",
        };
    }

    private IReadOnlyList<string> Shim(string name) => [.. self, "shim", runs.Directory, name];

    /// <returns>What the shim said, or null when it ended or stayed silent.</returns>
    private async Task<string?> StartSessionAsync(string name, CancellationToken cancellationToken)
    {
        var setSid = ProgramPath.Find("setsid", workingDirectory: null)
            ?? throw new InvalidOperationException("there is no 'setsid' (util-linux or BusyBox) on this node");
        // Standard error as well: a shim that holds the agent's keeps a pipe open after the agent's end, and whoever reads it waits.
        var start = new ProcessStartInfo(setSid)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in Shim(name))
        {
            start.ArgumentList.Add(argument);
        }

        var shim = Process.Start(start) ?? throw new InvalidOperationException($"{setSid} could not be started");
        shim.StandardInput.Close();
        shim.StandardError.Close();
        try
        {
            return await shim.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(Limit, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            // Kept until its end so that the kernel's entry of it is collected; the handle is not needed any more.
            _ = shim.WaitForExitAsync(CancellationToken.None).ContinueWith(_ => shim.Dispose(), TaskScheduler.Default);
        }
    }
}
