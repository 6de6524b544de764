using System.CommandLine;
using System.Diagnostics;
using System.Text;
using GitOps.Bundles;
using GitOps.Cli.Output;
using GitOps.Cli.Sources;
using GitOps.Manifests;
using GitOps.Manifests.Formatting;
using GitOps.Platform.Files;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops fmt [PATHS]</c>: manifests in their canonical form; <c>--check</c> only says which are not.</summary>
internal static class FmtCommand
{
    public static Command Create()
    {
        var paths = new Argument<string[]>("paths")
        {
            Description = "files, or folders with all manifests below them",
            Arity = ArgumentArity.ZeroOrMore,
            DefaultValueFactory = _ => ["."],
        };
        paths.Validators.Add(result =>
        {
            foreach (var path in result.GetValueOrDefault<string[]>()?.Where(path => !Path.Exists(path)) ?? [])
            {
                result.AddError($"there is no file or folder '{path}'");
            }
        });
        var check = new Option<bool>("--check") { Description = "write nothing; list the files that would change, and exit with 3 if there are any" };
        var command = new Command("fmt", "Give manifests their canonical form: indentation, order of fields, blank lines") { paths, check };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(paths), parsed.GetValue(check)));
        return command;
    }

    private static int Run(string[] paths, bool isCheck)
    {
        var exit = ExitCode.Done;
        foreach (var path in paths.SelectMany(FilesOf).Distinct(StringComparer.Ordinal))
        {
            try
            {
                exit = Worse(exit, Format(path, isCheck));
            }
            catch (Exception e) when (e is FileLayerException or IOException or UnauthorizedAccessException)
            {
                exit = Worse(exit, Problems.Print(
                    new Problem(CliCodes.Unwritable, $"'{path}' cannot be formatted: {e.Message}", "check the path, its permissions and the free space"), ExitCode.Refused));
            }
        }

        return exit;
    }

    private static int Format(string path, bool isCheck)
    {
        switch (ManifestFormatter.Format(new SourceFile(path, WorkTree.ReadFile(path))))
        {
            case FormatResult.LeftAlone(var because):
                Terminal.Error.WriteLine($"left {path} alone: {because}");
                return ExitCode.Done;
            case FormatResult.Broken(var what):
                Terminal.Error.WriteLine($"gitops has a bug: {path} was not formatted, because {what}; please report it with the file");
                return ExitCode.Bug;
            case FormatResult.Formatted(_, IsChanged: false):
                return ExitCode.Done;
            case FormatResult.Formatted when isCheck:
                Console.Out.WriteLine(path);
                return ExitCode.Differences;
            case FormatResult.Formatted(var text, _):
                // A link stays one: what it leads to is written.
                var target = Path.GetFullPath(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
                AtomicFile.Write(DiskFileLayer.Host, target, Encoding.UTF8.GetBytes(text), DiskFileLayer.Host.Stat(target)?.Mode ?? AtomicFile.Readable);
                Console.Out.WriteLine(path);
                return ExitCode.Done;
            case var other:
                throw new UnreachableException($"{other}");
        }
    }

    // What the compiler would read as manifests below a folder; a file that is named is meant.
    private static IEnumerable<string> FilesOf(string path) =>
        !Directory.Exists(path) ? [path] : WorkTree.ManifestsBelow(path);

    private static int Worse(int one, int other) => Rank(one) >= Rank(other) ? one : other;

    private static int Rank(int exit) => exit switch { ExitCode.Bug => 3, ExitCode.Refused => 2, ExitCode.Differences => 1, _ => 0 };
}
