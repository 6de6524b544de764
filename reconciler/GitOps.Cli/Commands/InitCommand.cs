using System.CommandLine;
using System.Text;
using GitOps.Bundles;
using GitOps.Cli.Init;
using GitOps.Cli.Output;
using GitOps.Platform.Files;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops init [DIR]</c>: the files of a new fleet repository. Never replaces a file, except schemas with <c>--schemas</c>.</summary>
internal static class InitCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("dir") { Description = "folder of the new repository", DefaultValueFactory = _ => "." };
        var name = new Option<string?>("--name") { Description = "name of the fleet [the folder's]" };
        name.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } given && !Label.IsValid(given))
            {
                result.AddError($"'{given}' is not a name: use a-z, 0-9 and inner hyphens, at most 63 characters");
            }
        });
        var force = new Option<bool>("--force") { Description = "add what is missing to a folder that is not empty; no file is replaced" };
        var schemas = new Option<bool>("--schemas") { Description = "write only the JSON Schemas for editors, replacing older ones" };
        var command = new Command("init", "Write a new fleet repository that validates") { folder, name, force, schemas };
        command.SetAction(parsed => Run(
            Path.GetFullPath(parsed.GetRequiredValue(folder)), parsed.GetValue(name), parsed.GetValue(force), parsed.GetValue(schemas)));
        return command;
    }

    private static int Run(string folder, string? name, bool isForced, bool isSchemasOnly)
    {
        try
        {
            if (File.Exists(folder))
            {
                return Refuse($"'{folder}' is a file", "name a folder");
            }

            if (!isForced && !isSchemasOnly && Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any(path => Path.GetFileName(path) != ".git"))
            {
                return Refuse($"'{folder}' is not empty", "choose another folder; --force adds what is missing and replaces nothing");
            }

            var files = InitialFleet.Files(name ?? NameOf(folder), Guid.NewGuid());
            Write(folder, isSchemasOnly ? [.. files.Where(file => IsSchema(file.Path))] : files, isSchemasOnly);
        }
        catch (Exception e) when (e is FileLayerException or IOException or UnauthorizedAccessException)
        {
            return Problems.Print(new Problem(CliCodes.Unwritable, $"'{folder}' cannot be written: {e.Message}", "check the path, its permissions and the free space"), ExitCode.Refused);
        }

        if (!isSchemasOnly)
        {
            Terminal.Out.WriteLine($"""

                next
                  gitops validate {folder}
                  git -C {folder} init && git -C {folder} add -A && git -C {folder} commit -m "a new fleet"
                  gitops serve --repository {folder}    # publishes it; see 'gitops serve --help'
                """);
        }

        return ExitCode.Done;
    }

    private static void Write(string folder, IReadOnlyList<(string Path, string Text)> files, bool isReplacing)
    {
        var written = 0;
        foreach (var (path, text) in files)
        {
            var target = $"{folder}/{path}";
            if (!isReplacing && Path.Exists(target))
            {
                Terminal.Error.WriteLine($"kept {path}, which is there already");
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            AtomicFile.Write(DiskFileLayer.Host, target, Encoding.UTF8.GetBytes(text), AtomicFile.Readable);
            written++;
            if (!IsSchema(path))
            {
                Terminal.Out.WriteLine($"wrote {path}");
            }
        }

        Terminal.Out.WriteLine($"{FindingOutput.Plural(written, "file")} in {folder}, schemas for editors below {InitialFleet.SchemaFolder}");
    }

    private static bool IsSchema(string path) => path.StartsWith(InitialFleet.SchemaFolder, StringComparison.Ordinal);

    // A folder's name is a proposal; what is no name becomes one.
    private static string NameOf(string folder)
    {
        var proposed = string.Concat(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)).ToLowerInvariant()
            .Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        proposed = proposed[..Math.Min(proposed.Length, Label.MaxLength)].Trim('-');
        return Label.IsValid(proposed) ? proposed : "fleet";
    }

    private static int Refuse(string what, string fix) => Problems.Print(new Problem(CliCodes.NotEmpty, what, fix), ExitCode.Refused);
}
