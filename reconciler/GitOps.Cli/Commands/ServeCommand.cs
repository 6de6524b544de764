using System.CommandLine;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Hosting;
using GitOps.Platform.Logging;
using Microsoft.Extensions.Logging;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops serve</c>: the control plane, in the foreground, until SIGTERM or Ctrl-C.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var options = new SettingOptions();
        var log = new Option<LogFormat>("--log") { Description = "how the log on standard error looks" };
        var verbose = new Option<bool>("--verbose") { Description = "log what is done, not only what happens" };
        var command = new Command("serve", "Run the control plane: watch the repository, publish to nodes, take their reports") { log, verbose };
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
            options.Read(parsed) is { } settings
                ? await RunAsync(settings, parsed.GetValue(log), parsed.GetValue(verbose), cancellationToken)
                : ExitCode.Usage);
        return command;
    }

    private static async Task<int> RunAsync(
        ControlPlaneSettings settings, LogFormat format, bool verbose, CancellationToken cancellationToken)
    {
        using var loggers = LineLoggerProvider.CreateFactory(
            Console.Error, format, verbose ? LogLevel.Debug : LogLevel.Information, TimeProvider.System);
        try
        {
            await using var host = await ControlPlaneHost.StartAsync(settings, loggers, TimeProvider.System, cancellationToken);
            await Task.WhenAny(host.Completion, Task.Delay(Timeout.Infinite, cancellationToken));
            if (!cancellationToken.IsCancellationRequested)
            {
                await host.Completion; // it ended by itself: say why
            }

            return ExitCode.Done;
        }
        catch (HostRefusedException refused)
        {
            return Problems.Print(refused.Problem, ExitCode.Refused);
        }
    }
}
