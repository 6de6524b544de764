using System.CommandLine;
using System.Text.Json;
using GitOps.Benchmarks.Compile;
using GitOps.Benchmarks.Fleets;
using GitOps.Benchmarks.Measuring;
using GitOps.Platform.Processes;

namespace GitOps.Benchmarks.History;

/// <summary>The process whose memory is measured: follows commit after commit and prints what it took.</summary>
internal static class HistoryChild
{
    public const string Name = "follow-history";
    public const int WarmUp = 20;

    /// <summary>A file beside the repositories: ids, the one that is served first and those to push after it.</summary>
    public const string Commits = "commits";

    private static readonly Argument<string> Repository = new("repository");
    private static readonly Argument<int> Steps = new("steps");

    public static System.CommandLine.Command Create()
    {
        var command = new System.CommandLine.Command(Name, "What 'history' starts.") { Repository, Steps };
        command.Hidden = true;
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (directory, steps) = (parsed.GetValue(Repository)!, parsed.GetValue(Steps));
        var commands = new CommandRunner(TimeProvider.System);
        var repository = BenchRepository.Open(directory, commands, await File.ReadAllLinesAsync($"{directory}/{Commits}", cancellationToken));
        var mirror = $"{directory}/mirror.git";
        await using (var followed = new FollowedRepository(repository.Address, mirror, commands))
        {
            await followed.FollowAsync(cancellationToken);
            var (own, git) = (TimeSpan.Zero, TimeSpan.Zero);
            for (var step = 1; step <= WarmUp + steps; step++)
            {
                await repository.PushAsync(step, cancellationToken);
                var (ownBefore, gitBefore) = (ProcessTimes.Own(), ProcessTimes.Children());
                await followed.FollowAsync(cancellationToken);
                if (step > WarmUp)
                {
                    own += ProcessTimes.Own() - ownBefore;
                    git += ProcessTimes.Children() - gitBefore;
                }
            }

            var self = Environment.ProcessId;
            var sample = new HistorySample(
                ProcessTimes.ResidentKiB(self), ProcessTimes.PeakKiB(self), own.TotalMilliseconds, git.TotalMilliseconds);
            Console.Out.WriteLine(JsonSerializer.Serialize(sample, ReportJson.Default.HistorySample));
        }

        Directory.Delete(mirror, recursive: true);
        return 0;
    }
}
