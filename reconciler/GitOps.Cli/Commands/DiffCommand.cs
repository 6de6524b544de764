using System.CommandLine;
using GitOps.Bundles;
using GitOps.Cli.Output;
using GitOps.Cli.Sources;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Git;
using GitOps.Manifests;
using GitOps.Manifests.State;
using GitOps.Platform.Processes;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Diffing;
using Spectre.Console;
using Command = System.CommandLine.Command;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops diff [BASE[..HEAD]]</c>: every node that would change and how; needs no server, but asks one it is told of.</summary>
internal static class DiffCommand
{
    public static Command Create()
    {
        var range = new Argument<string>("range")
        {
            Description = "BASE..HEAD; BASE...HEAD for HEAD since it left BASE, as a pull request shows it; or BASE to compare with the work tree",
            DefaultValueFactory = _ => "HEAD",
        };
        var path = new Option<string>("--path", "-C") { Description = "folder of the fleet repository", DefaultValueFactory = _ => "." };
        var output = Outputs.Option(more: OutputFormat.Markdown);
        var registry = new Option<bool>("--registry")
        {
            Description = $"ask the images' registries for sizes that {ImageSizes.FileName} does not pin, without logging in",
        };
        var reach = new ControlPlaneOptions();
        var command = new Command("diff", "Show which nodes a change would touch, and how; exits with 3 when it touches any")
        {
            range, path, output, registry,
        };
        reach.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (sources, problem) = await ReadAsync(parsed.GetRequiredValue(range), parsed.GetRequiredValue(path), cancellationToken);
            return problem is not null
                ? Problems.Print(problem, ExitCode.Usage)
                : await RunAsync(sources, parsed.GetValue(output), parsed.GetValue(registry), reach, parsed, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        Sources sources, OutputFormat format, bool askRegistry, ControlPlaneOptions reach, ParseResult parsed, CancellationToken cancellationToken)
    {
        // What the control plane would not read is not previewed without it.
        if (sources.OfHead.Any(finding => finding.Severity == Severity.Error))
        {
            FindingOutput.Print(sources.OfHead);
            return ExitCode.Findings;
        }

        // A broken base has published nothing, so everything in head is new; a broken head publishes nothing at all.
        var compilation = new FleetCompilation();
        var old = compilation.Apply(SourceChange.From(sources.Base)) is CompileResult.Compiled(var bundles, _) ? bundles : null;
        switch (compilation.Apply(SourceChange.Between(compilation.Source, sources.Head)))
        {
            case CompileResult.Rejected(var findings):
                FindingOutput.Print([.. sources.OfHead, .. findings]);
                return ExitCode.Findings;
            case CompileResult.Compiled(var head, var warnings):
                var sizes = ImageSizes.Pinned(head.Manifest.Source);
                sizes = askRegistry ? await RegistrySizes.AddAsync(sizes, FleetDiff.Between(old, head, sizes), head, cancellationToken) : sizes;
                var outlooks = reach.IsNamed(parsed)
                    ? await AskAsync(FleetDiff.Between(old, head), reach, parsed, cancellationToken)
                    : new Dictionary<string, NodeOutlook>();
                return Print(Preview.Of(old, head, [.. sources.OfHead, .. warnings], outlooks, sizes), format);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>A control plane that is away costs the forecast, not the preview.</summary>
    private static async Task<IReadOnlyDictionary<string, NodeOutlook>> AskAsync(
        FleetDiff diff, ControlPlaneOptions reach, ParseResult parsed, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = parsed.GetRequiredValue(reach.Server) };
        var (token, unreadable) = reach.Token(parsed);
        var (outlooks, problem) = unreadable is null
            ? await NodeOutlooks.AskAsync(new ApiClient(http, token), diff.Nodes.Select(n => n.Node), cancellationToken)
            : (new Dictionary<string, NodeOutlook>(), unreadable);
        if (problem is not null)
        {
            Problems.Print(problem, ExitCode.Unreachable);
            Terminal.Error.MarkupLineInterpolated($"  [grey]without it nothing is said about which nodes are offline, held or short of something[/]");
        }

        return outlooks;
    }

    private static int Print(Preview preview, OutputFormat format)
    {
        switch (format)
        {
            case OutputFormat.Table:
                FindingOutput.Print(preview.Warnings);
                DiffColours.Write(preview);
                break;
            case OutputFormat.Markdown:
                Console.Out.Write(preview.ToMarkdown());
                break;
            default:
                format.Write(JsonDocuments.Write(preview.WriteJson));
                break;
        }

        return preview.Diff.IsEmpty ? ExitCode.Done : ExitCode.Differences;
    }

    private static async Task<(Sources Sources, Problem? Problem)> ReadAsync(string range, string folder, CancellationToken cancellationToken)
    {
        var repository = new LocalRepository(folder, new CommandRunner(TimeProvider.System), TimeProvider.System);
        var (left, right, sinceParting) = Split(range);
        var before = sinceParting
            ? await repository.FindMergeBaseAsync(left, right!, cancellationToken)
            : await repository.FindAsync(left, cancellationToken);
        var (old, problem) = await ReadAsync(repository, before, previous: null, cancellationToken);
        if (problem is not null || right is null)
        {
            return (new Sources(Files(old), right is null && problem is null ? WorkTree.Read(folder) : [], []), problem);
        }

        // What both revisions share is read once.
        var (head, otherProblem) = await ReadAsync(repository, await repository.FindAsync(right, cancellationToken), old?.Root, cancellationToken);
        return (new Sources(Files(old), Files(head), head?.Findings ?? []), otherProblem);
    }

    private static (string Left, string? Right, bool SinceParting) Split(string range) =>
        range.Split("...", 2) is [var trunk, var branch] ? (Or(trunk), Or(branch), true)
        : range.Split("..", 2) is [var left, var right] ? (Or(left), Or(right), false)
        : (range, null, false);

    private static string Or(string revision) => revision.Length == 0 ? "HEAD" : revision;

    private static List<SourceFile> Files(SourceReading.Read? reading) => reading is null ? [] : [.. reading.Root.AllFiles()];

    private static async Task<(SourceReading.Read? Reading, Problem? Problem)> ReadAsync(
        LocalRepository repository, RevisionLookup lookup, SourceFolder? previous, CancellationToken cancellationToken)
    {
        switch (lookup)
        {
            case RevisionLookup.Failed(var unknown):
                return (null, unknown);
            case RevisionLookup.Found(var commit):
                return await repository.ReadAsync(commit, previous, cancellationToken) switch
                {
                    SourceReading.Read read => (read, null),
                    SourceReading.Failed(var problem) => (null, problem),
                    _ => throw new System.Diagnostics.UnreachableException(),
                };
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <param name="Base">The files to compare with.</param>
    /// <param name="Head">The files that are compared.</param>
    /// <param name="OfHead">What was found while they were read: links, submodules, files that are too large.</param>
    private sealed record Sources(IReadOnlyList<SourceFile> Base, IReadOnlyList<SourceFile> Head, IReadOnlyList<Finding> OfHead);
}
