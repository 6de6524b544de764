using System.CommandLine;
using System.Text;
using GitOps.Bundles;
using GitOps.Cli.Install;
using GitOps.Cli.Output;
using GitOps.Manifests.Install;
using GitOps.Platform.Files;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops install --export DIR</c>: a control plane on Kubernetes as plain manifests, for those without Pulumi.</summary>
internal static class InstallCommand
{
    public static Command Create()
    {
        var export = new Option<string>("--export") { Description = "the folder to write the manifests to", HelpName = "dir", Required = true };
        var space = new Option<string>("--namespace") { Description = "the namespace", DefaultValueFactory = _ => "gitops" };
        var image = new Option<string>("--image") { Description = "the image of gitops, with a version", Required = true };
        var repository = new Option<string>("--repository") { Description = "the fleet repository: https:// or ssh://", Required = true };
        var reference = new Option<string>("--reference") { Description = "what is followed", DefaultValueFactory = _ => "main" };
        var names = new Option<string>("--names") { Description = "what nodes call the control plane, separated by commas", Required = true };
        var storage = new Option<string>("--storage") { Description = "size of its volume", DefaultValueFactory = _ => "10Gi" };
        var cpu = new Option<string>("--cpu") { Description = "what it asks for", DefaultValueFactory = _ => "250m" };
        var memory = new Option<string>("--memory") { Description = "what it asks for and may take", DefaultValueFactory = _ => "512Mi" };
        var exposure = new Option<NodeExposure>("--exposure") { Description = "how nodes come: a Service of this type" };
        var git = new Option<GitCredential>("--git") { Description = "what the repository asks for" };
        var keys = new Option<string>("--commit-keys")
        {
            Description = "files with public keys, separated by commas, that sign commits until the fleet says whose do",
            HelpName = "files",
            DefaultValueFactory = _ => "",
        };
        var command = new Command("install", "Write the manifests of a control plane on Kubernetes")
        {
            export, space, image, repository, reference, names, storage, cpu, memory, exposure, git, keys,
        };
        command.SetAction(parsed => Write(
            Path.GetFullPath(parsed.GetRequiredValue(export)),
            Listed(parsed.GetRequiredValue(keys)),
            new InstallSettings(
                parsed.GetRequiredValue(space),
                parsed.GetRequiredValue(image),
                parsed.GetRequiredValue(storage),
                new ControlPlaneFile(
                    parsed.GetRequiredValue(repository),
                    parsed.GetRequiredValue(reference),
                    Listed(parsed.GetRequiredValue(names)))
                {
                    Credential = parsed.GetValue(git),
                    Registrations = parsed.GetRequiredValue(space),
                })
            {
                Cpu = parsed.GetRequiredValue(cpu),
                Memory = parsed.GetRequiredValue(memory),
                Exposure = parsed.GetValue(exposure),
            }));
        return command;
    }

    private static string[] Listed(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static int Write(string folder, IReadOnlyList<string> keyFiles, InstallSettings settings)
    {
        List<string> problems = [];
        settings = settings with { File = settings.File with { CommitKeys = CommitKeys.Of(keyFiles.SelectMany(file => Key(file, problems))) } };
        problems.AddRange(settings.Problems());
        foreach (var problem in problems)
        {
            Terminal.Error.WriteLine($"gitops: {problem}");
        }

        if (problems.Count > 0)
        {
            return ExitCode.Usage;
        }

        try
        {
            Directory.CreateDirectory(folder);
            foreach (var (name, text) in InstallManifests.Render(settings))
            {
                AtomicFile.Write(DiskFileLayer.Host, $"{folder}/{name}", Encoding.UTF8.GetBytes(text), AtomicFile.Readable);
                Terminal.Out.WriteLine($"wrote {name}");
            }
        }
        catch (Exception e) when (e is FileLayerException or IOException or UnauthorizedAccessException)
        {
            return Problems.Print(
                new Problem(CliCodes.Unwritable, $"'{folder}' cannot be written: {e.Message}", "check the path, its permissions and the free space"),
                ExitCode.Refused);
        }

        Terminal.Out.WriteLine(Next(folder, settings));
        return ExitCode.Done;
    }

    private static IEnumerable<KeyValuePair<string, string>> Key(string file, List<string> problems)
    {
        try
        {
            if (DiskFileLayer.Host.Read(Path.GetFullPath(file), CommitKeys.LimitBytes) is { } bytes)
            {
                return [new(Path.GetFileName(file), Encoding.UTF8.GetString(bytes))];
            }

            problems.Add($"--commit-keys: there is no file '{file}'");
        }
        catch (FileLayerException failure)
        {
            problems.Add($"--commit-keys: '{file}' cannot be read: {failure.Message}");
        }

        return [];
    }

    // Secrets are made on the cluster: a file that holds one ends up in a repository.
    private static string Next(string folder, InstallSettings settings) => $"""

        next
          kubectl apply -f {folder}/00-namespace.yaml
          kubectl -n {settings.Namespace} create secret generic gitops-people --from-literal={ControlPlaneFile.TokenKey}="$(openssl rand -hex 32)"{Credential(settings)}
          kubectl apply -f {folder}

        for webhooks, each of github, gitlab, gitea and generic that you use
          kubectl -n {settings.Namespace} create secret generic {WebhookSecret.Secret} --from-file=github=FILE
          kubectl -n {settings.Namespace} rollout restart statefulset/gitops-control-plane
        """;

    private static string Credential(InstallSettings settings) => settings.File.Credential switch
    {
        GitCredential.Token => $"\n  kubectl -n {settings.Namespace} create secret generic gitops-git --from-file={ControlPlaneFile.TokenKey}=FILE",
        GitCredential.SshKey => $"\n  kubectl -n {settings.Namespace} create secret generic gitops-git --from-file={ControlPlaneFile.SshKey}=FILE --from-file={ControlPlaneFile.KnownHostsKey}=FILE",
        _ => "",
    };
}
