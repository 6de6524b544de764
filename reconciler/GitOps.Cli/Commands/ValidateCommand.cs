using System.CommandLine;
using GitOps.Cli.Output;
using GitOps.Cli.Sources;
using GitOps.Reconciler.Compile;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops validate [PATH]</c>: every finding of a fleet repository at once; needs no server.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        var path = Arguments.Repository();
        var output = Outputs.Option();
        var command = new Command("validate", "Check a fleet repository and print every finding at once") { path, output };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(path), parsed.GetValue(output)));
        return command;
    }

    private static int Run(string folder, OutputFormat format)
    {
        var result = FleetCompiler.Compile(WorkTree.Read(folder));
        var findings = result switch
        {
            CompileResult.Compiled(_, var warnings) => warnings,
            CompileResult.Rejected(var all) => all,
            _ => throw new System.Diagnostics.UnreachableException($"{result}"),
        };
        if (format != OutputFormat.Table)
        {
            format.Write(FindingOutput.ToJson(findings));
        }
        else
        {
            FindingOutput.Print(findings);
            if (result is CompileResult.Compiled(var bundles, _))
            {
                var units = bundles.Nodes.Sum(node => node.Bundle.Units.Count);
                Terminal.Out.MarkupLineInterpolated(
                    $"[green]valid[/]: {FindingOutput.Plural(bundles.Nodes.Length, "node")}, {FindingOutput.Plural(units, "unit")}; {FindingOutput.Count(findings)}");
            }
            else
            {
                Terminal.Out.MarkupLineInterpolated($"[red]not valid[/]: {FindingOutput.Count(findings)}; nothing of it would be published");
            }
        }

        return result is CompileResult.Compiled ? ExitCode.Done : ExitCode.Findings;
    }
}
