using System.CommandLine;
using GitOps.Agent.Host.Faults;
using GitOps.Agent.Host.Self;
using GitOps.Bundles;
using GitOps.Platform.Files;
using GitOps.Platform.Logging;
using GitOps.Platform.Tls;
using Microsoft.Extensions.Logging;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent run</c>: the agent itself, in the foreground, until SIGTERM or SIGINT.</summary>
internal static partial class RunCommand
{
    private static readonly Option<long?> PollMs = new("--poll-ms") { Description = "between two looks at the store, in milliseconds" };

    private static readonly Option<long?> DeadlineMs = new("--commit-deadline-ms") { Description = "how long a new bundle may take to become ready" };

    private static readonly Option<LogFormat> Log = new("--log") { Description = "how the log on standard error looks" };

    private static readonly Option<bool> Verbose = new("--verbose") { Description = "log what is done, not only what happens" };

    public static Command Build(Func<ParseResult, AgentPlace> place)
    {
        var command = new Command("run", "Runs the agent until it is told to stop; what it started goes on running.") { PollMs, DeadlineMs, Log, Verbose };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, place(parsed), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, AgentPlace place, CancellationToken cancellationToken)
    {
        var stateDirectory = StatePlace.Find(DiskFileLayer.Host, place.Identity, place.StateDirectory, Environment.GetEnvironmentVariable);
        var chosen = Chooser.Choose(DiskFileLayer.Host, stateDirectory, OwnProgram.Current);
        using var inherited = InheritedChildren.Watch();
        var flags = new Dictionary<string, string?>
        {
            ["pollMs"] = parsed.GetValue(PollMs)?.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["commitDeadlineMs"] = parsed.GetValue(DeadlineMs)?.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        var (config, problems) = place.Load(flags);
        if (config is null)
        {
            return Fail(problems, ExitCodes.Findings);
        }

        using var logs = LineLoggerProvider.CreateFactory(
            Console.Error, parsed.GetValue(Log), parsed.GetValue(Verbose) ? LogLevel.Debug : LogLevel.Information, TimeProvider.System);
        var log = logs.CreateLogger("agent");
        DiskFileLayer.Host.EnsureDirectory(config.Paths.State, (UnixFileMode)0x1C9); // 0711: workloads of other users pass through
        using var alone = CommandLock.TryTake(config.Paths.Lock, out var holder);
        if (alone is null)
        {
            return Fail([new Problem(AgentCodes.Configuration, $"{config.Paths.State} is in use by {holder}",
                "one agent per state directory: stop the other one, or give this one its own with --state-directory")], ExitCodes.TryAgain);
        }

        var (agent, problem) = AgentComposition.Create(config, ShimCommand.Self, TimeProvider.System, logs);
        if (agent is null)
        {
            return Fail([problem!], ExitCodes.Refused);
        }

        Failpoints.Reach(Failpoint.Started);
        var isReplaced = false;
        await using (agent)
        {
            try
            {
                LogStarted(log, config.Node, config.Fleet, config.Paths.State);
                await agent.RunAsync(chosen, cancellationToken);
                isReplaced = true;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                LogStopped(log);
            }
            catch (CertificateFileException e)
            {
                return Fail([new Problem(AgentCodes.Configuration, e.Message, "carry the folder that 'gitops node add' wrote to this node")], ExitCodes.Findings);
            }
        }

        if (isReplaced)
        {
            LogReplaced(log);
            LogNotReplaced(log, OwnProgram.Current.ChooseAgain().Message);
            return ExitCodes.TryAgain; // whoever supervises this program starts it again, which comes to the same
        }

        return ExitCodes.Done;
    }

    private static int Fail(IReadOnlyList<Problem> problems, int code)
    {
        foreach (var problem in problems)
        {
            Console.Error.WriteLine(problem);
        }

        return code;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "node {Node} of fleet {Fleet}, state in {State}")]
    private static partial void LogStarted(ILogger log, string node, string fleet, string state);

    [LoggerMessage(Level = LogLevel.Information, Message = "another agent takes over; workloads go on running")]
    private static partial void LogReplaced(ILogger log);

    [LoggerMessage(Level = LogLevel.Error, Message = "it did not: {Because}")]
    private static partial void LogNotReplaced(ILogger log, string because);

    [LoggerMessage(Level = LogLevel.Information, Message = "stopped; workloads go on running")]
    private static partial void LogStopped(ILogger log);
}
