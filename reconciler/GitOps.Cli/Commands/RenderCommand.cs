using System.CommandLine;
using GitOps.Cli.Output;
using GitOps.Cli.Sources;
using GitOps.Reconciler.Compile;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops render --node NAME</c>: the bundle one node would receive, with the digest it would report.</summary>
internal static class RenderCommand
{
    public static Command Create()
    {
        var path = Arguments.Repository();
        var node = new Option<string>("--node", "-n") { Description = "the node", Required = true };
        var output = Outputs.Option(OutputFormat.Yaml);
        var command = new Command("render", "Print the bundle one node would receive") { path, node, output };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(path), parsed.GetRequiredValue(node), parsed.GetValue(output)));
        return command;
    }

    private static int Run(string folder, string node, OutputFormat format)
    {
        switch (FleetCompiler.Compile(WorkTree.Read(folder)))
        {
            case CompileResult.Rejected(var findings):
                FindingOutput.Print(findings);
                return ExitCode.Findings;
            case CompileResult.Compiled(var bundles, _) when bundles.TryGet(node, out var bundle):
                Terminal.Error.WriteLine($"{node}: {bundle.Digest}, {bundle.Bytes.Length} bytes");
                (format == OutputFormat.Table ? OutputFormat.Yaml : format).Write(JsonDocuments.Parse(bundle.Bytes));
                return ExitCode.Done;
            case CompileResult.Compiled(var bundles, _):
                Terminal.Error.WriteLine(
                    $"gitops: there is no node '{node}'; there are {string.Join(", ", bundles.Nodes.Select(n => n.Node).Take(20))}");
                return ExitCode.Usage;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
