using System.CommandLine;
using GitOps.Bundles;
using Command = System.CommandLine.Command;
using GitOps.Cli.Output;
using GitOps.Cli.Sources;
using GitOps.ControlPlane.Git;
using GitOps.Manifests;
using GitOps.Platform.Processes;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Diffing;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops diff [BASE[..HEAD]]</c>: every node that would change and how; needs no server.</summary>
internal static class DiffCommand
{
    public static Command Create()
    {
        var range = new Argument<string>("range")
        {
            Description = "BASE..HEAD, or BASE to compare with the work tree",
            DefaultValueFactory = _ => "HEAD",
        };
        var path = new Option<string>("--path", "-C") { Description = "folder of the fleet repository", DefaultValueFactory = _ => "." };
        var output = Outputs.Option();
        var command = new Command("diff", "Show which nodes a change would touch, and how; exits with 3 when it touches any") { range, path, output };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetRequiredValue(range), parsed.GetRequiredValue(path), parsed.GetValue(output), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string range, string folder, OutputFormat format, CancellationToken cancellationToken)
    {
        var (before, after) = range.Split("..", 2) is [var left, var right] ? (left, right.TrimStart('.')) : (range, null);
        var repository = new LocalRepository(folder, new CommandRunner(TimeProvider.System), TimeProvider.System);
        var (oldFiles, problem) = await ReadAsync(repository, before, cancellationToken);
        if (problem is not null)
        {
            return Problems.Print(problem, ExitCode.Usage);
        }

        var (newFiles, otherProblem) = after is null ? (WorkTree.Read(folder), null) : await ReadAsync(repository, after, cancellationToken);
        if (otherProblem is not null)
        {
            return Problems.Print(otherProblem, ExitCode.Usage);
        }

        // A broken base has published nothing, so everything in head is new; a broken head publishes nothing at all.
        var old = FleetCompiler.Compile(oldFiles!) is CompileResult.Compiled(var bundles, _) ? bundles : null;
        switch (FleetCompiler.Compile(newFiles!))
        {
            case CompileResult.Rejected(var findings):
                FindingOutput.Print(findings);
                return ExitCode.Findings;
            case CompileResult.Compiled(var head, var warnings):
                FindingOutput.Print(warnings);
                return Print(FleetDiff.Between(old, head), format);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static int Print(FleetDiff diff, OutputFormat format)
    {
        if (format == OutputFormat.Table)
        {
            Console.Out.Write(diff.ToText());
        }
        else
        {
            format.Write(JsonDocuments.Write(diff.WriteJson));
        }

        return diff.IsEmpty ? ExitCode.Done : ExitCode.Differences;
    }

    private static async Task<(IReadOnlyList<SourceFile>? Files, Problem? Problem)> ReadAsync(
        LocalRepository repository, string revision, CancellationToken cancellationToken)
    {
        switch (await repository.FindAsync(revision, cancellationToken))
        {
            case RevisionLookup.Failed(var unknown):
                return (null, unknown);
            case RevisionLookup.Found(var commit):
                return await repository.ReadAsync(commit, previous: null, cancellationToken) switch
                {
                    SourceReading.Read(var root, _) => ([.. root.AllFiles()], null),
                    SourceReading.Failed(var problem) => (null, problem),
                    _ => throw new System.Diagnostics.UnreachableException(),
                };
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
