using System.CommandLine;
using System.Text;
using GitOps.Cli.Output;
using GitOps.Manifests;
using GitOps.Manifests.Foreign;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops convert FILE...</c>: files of EdgeX and KubeEdge in our language, with what was changed on the way.</summary>
internal static class ConvertCommand
{
    private const int MaxFileBytes = 16 * 1024 * 1024;

    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Files of EdgeX or KubeEdge, or folders with such files", Arity = ArgumentArity.OneOrMore };
        var into = new Option<string?>("--into", "-d") { Description = "Write one file for each resource into this folder, instead of all to the output", HelpName = "FOLDER" };
        var node = new Option<string>("--node") { Description = "The node that the devices are behind, where a file names none", HelpName = "NAME", DefaultValueFactory = _ => "node-1" };
        var broker = new Option<string?>("--broker") { Description = "Where MQTT devices of EdgeX are heard", HelpName = "URL" };
        var command = new Command("convert", "Print what EdgeX and KubeEdge files are in our language") { files, into, node, broker };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(files), parsed.GetValue(into), parsed.GetRequiredValue(node), parsed.GetValue(broker)));
        return command;
    }

    private static int Run(string[] paths, string? into, string node, string? broker)
    {
        var files = new List<SourceFile>();
        foreach (var path in paths)
        {
            if (!Directory.Exists(path) && !File.Exists(path))
            {
                return Problems.Print(new Bundles.Problem(CliCodes.Unreadable, $"there is no file {path}", "correct the path"), ExitCode.Usage);
            }

            var folder = Directory.Exists(path);
            var found = folder ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(IsForeign).Order(StringComparer.Ordinal) : (IEnumerable<string>)[path];
            files.AddRange(found.Select(file => new SourceFile(file.Replace('\\', '/'), ReadBounded(file))));
        }

        var conversion = ForeignConversion.Convert(files, node, broker);
        FindingOutput.Print(conversion.Findings);
        if (conversion.HasErrors)
        {
            return ExitCode.Findings;
        }

        foreach (var resource in conversion.Resources)
        {
            Write(resource, into);
        }

        return ExitCode.Done;
    }

    private static void Write(Translated resource, string? into)
    {
        var text = $"# from {resource.Span.File}\n{ForeignConversion.ToYaml(resource)}";
        if (into is null)
        {
            Console.Out.Write("---\n" + text);
            return;
        }

        Directory.CreateDirectory(into);
        File.WriteAllText(Path.Combine(into, $"{resource.Kind.ToString().ToLowerInvariant()}-{resource.Name}.yaml"), text, new UTF8Encoding(false));
    }

    private static bool IsForeign(string path) =>
        Path.GetExtension(path) is ".yaml" or ".yml" or ".json" or ".toml";

    private static byte[] ReadBounded(string path)
    {
        using var stream = File.OpenRead(path);
        var bytes = new byte[Math.Min(stream.Length, MaxFileBytes + 1)];
        return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
