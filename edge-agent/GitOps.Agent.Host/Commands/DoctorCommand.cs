using System.CommandLine;
using System.Text.Json;
using GitOps.Agent.Host.Diagnosis;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent doctor</c>: what an operator would look at first, each with what helps; exit code 1 where something fails.</summary>
internal static class DoctorCommand
{
    public static Command Build(Func<ParseResult, AgentPlace> place)
    {
        var command = new Command("doctor", "Looks at clock, disk, identity, state, store, broker and engine, and says what helps.") { Printing.Output };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var checks = await LookAsync(place(parsed), cancellationToken);
            var bytes = DoctorDocument.Of(checks);
            using var json = JsonDocument.Parse(bytes);
            Printing.Print(parsed, bytes, json.RootElement, document => document.GetProperty("text").GetString()!);
            return checks.Any(c => c.Level == CheckLevel.Fail) ? ExitCodes.Findings : ExitCodes.Done;
        });
        return command;
    }

    public static async Task<IReadOnlyList<Check>> LookAsync(AgentPlace place, CancellationToken cancellationToken)
    {
        var (config, problems) = place.Load(new Dictionary<string, string?>());
        return config is null ? [.. problems.Select(ToCheck)] : await new Doctor(DiskFileLayer.Host, config, TimeProvider.System).LookAsync(cancellationToken);
    }

    private static Check ToCheck(Problem problem) => Check.Fail("configuration", $"{problem.Code}: {problem.What}", problem.Fix);
}
