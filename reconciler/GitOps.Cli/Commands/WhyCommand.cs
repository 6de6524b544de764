using System.CommandLine;
using GitOps.Cli.Output;
using GitOps.Cli.Sources;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Provenance;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops why NODE[/UNIT.FIELD]</c>: which file, line and selector set something, and what it overrode.</summary>
internal static class WhyCommand
{
    public static Command Create()
    {
        var question = new Argument<string>("question")
        {
            Description = "NODE, NODE/values.PATH, NODE/KIND/NAME or NODE/KIND/NAME.FIELD, e.g. press-1/workload/web.process.env.PORT",
        };
        var path = new Option<string>("--path", "-C") { Description = "folder of the fleet repository", DefaultValueFactory = _ => "." };
        var output = Outputs.Option();
        var command = new Command("why", "Say which file, line and selector set a value of a node, and what it overrode") { question, path, output };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(question), parsed.GetRequiredValue(path), parsed.GetValue(output)));
        return command;
    }

    private static int Run(string question, string folder, OutputFormat format)
    {
        switch (FleetCompiler.Compile(WorkTree.Read(folder)))
        {
            case CompileResult.Rejected(var findings):
                FindingOutput.Print(findings);
                return ExitCode.Findings;
            case CompileResult.Compiled(var bundles, _):
                return Print(Why.Ask(bundles.Manifest, question), format);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static int Print(WhyAnswer answer, OutputFormat format)
    {
        switch (answer)
        {
            case WhyAnswer.Unknown(var what, var fix):
                Terminal.Error.MarkupLineInterpolated($"gitops: {what}");
                Terminal.Error.MarkupLineInterpolated($"  [grey]fix:[/] {fix}");
                return ExitCode.Usage;
            case WhyAnswer.Found found when format == OutputFormat.Table:
                Console.Out.Write(found.ToText());
                return ExitCode.Done;
            case WhyAnswer.Found found:
                format.Write(JsonDocuments.Write(found.WriteJson));
                return ExitCode.Done;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
