using System.CommandLine;
using GitOps.Bundles;
using GitOps.Cli.Demo;
using GitOps.Cli.Output;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops demo</c>: three edge nodes on this machine follow a <c>git push</c>.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var agent = new Option<string?>("--agent") { Description = "the gitops-agent program [GITOPS_AGENT, or beside this program]" };
        var keep = new Option<bool>("--keep") { Description = "leave it running at the end, with the addresses printed, until Ctrl-C" };
        var faults = new Option<bool>("--faults") { Description = "show what a node survives instead: a power cut, damaged state, a failed health probe" };
        var secure = new Option<bool>("--secure") { Description = "show instead who is believed: enrolment, renewal, a commit and a bundle that are refused, a machine that is locked out" };
        var command = new Command("demo", "Show three edge nodes on this machine follow a git push; leaves nothing behind") { agent, keep, faults, secure };
        command.Validators.Add(result =>
        {
            if (result.GetValue(faults) && result.GetValue(secure))
            {
                result.AddError("--faults and --secure are two demos: choose one");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var program = parsed.GetValue(agent) ?? Environment.GetEnvironmentVariable("GITOPS_AGENT") ??
                Path.Combine(AppContext.BaseDirectory, "gitops-agent");
            if (!File.Exists(program))
            {
                return Problems.Print(
                    new Problem(CliCodes.Demo, $"there is no agent at {program}", "build it, and name it with --agent or GITOPS_AGENT"), ExitCode.Usage);
            }

            return await DemoStory.RunAsync(Path.GetFullPath(program), parsed.GetValue(keep),
                parsed.GetValue(faults) ? DemoSubject.Faults : parsed.GetValue(secure) ? DemoSubject.Security : DemoSubject.Push, cancellationToken);
        });
        return command;
    }
}
