using System.Reflection;
using System.Text;
using GitOps.Platform.Processes;

namespace GitOps.Cli.Demo;

/// <summary>A work tree with the quickstart fleet, and the bare repository it is pushed to: what a team would have.</summary>
internal sealed class DemoRepository(string directory, ICommandRunner commands)
{
    private const string Prefix = "quickstart/";

    public string WorkTree => $"{directory}/fleet";

    /// <summary>The private SSH key that commits are signed with; null: with none.</summary>
    public string? Signer { get; set; }

    /// <summary>What the control plane watches.</summary>
    public string Remote => $"{directory}/fleet.git";

    /// <summary>Writes the embedded example and this machine's overlay, and pushes the first commit.</summary>
    public async Task CreateAsync(string overlay, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(WorkTree);
        foreach (var (name, bytes) in Example())
        {
            Directory.CreateDirectory(Path.GetDirectoryName($"{WorkTree}/{name}")!);
            await File.WriteAllBytesAsync($"{WorkTree}/{name}", bytes, cancellationToken);
        }

        await File.WriteAllTextAsync($"{WorkTree}/this-machine.yaml", overlay, cancellationToken);
        await GitAsync(["init", "-q", "--bare", "--initial-branch=main", Remote], cancellationToken);
        await GitAsync(["init", "-q", "--initial-branch=main", WorkTree], cancellationToken);
        await GitAsync(["-C", WorkTree, "remote", "add", "origin", Remote], cancellationToken);
    }

    /// <summary>Replaces text in a file; it must be there.</summary>
    public async Task EditAsync(string file, string old, string replacement, CancellationToken cancellationToken)
    {
        var path = $"{WorkTree}/{file}";
        var text = await File.ReadAllTextAsync(path, cancellationToken);
        if (!text.Contains(old, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"{file} does not hold '{old}'");
        }

        await File.WriteAllTextAsync(path, text.Replace(old, replacement, StringComparison.Ordinal), cancellationToken);
    }

    /// <summary>Commits everything and pushes; the new commit's id.</summary>
    public async Task<string> PushAsync(string message, CancellationToken cancellationToken)
    {
        await GitAsync(["-C", WorkTree, "add", "-A"], cancellationToken);
        await GitAsync(
            ["-C", WorkTree, "-c", "user.name=demo", "-c", "user.email=demo@example.org", .. Signing(), "commit", "-q", "-m", message], cancellationToken);
        await GitAsync(["-C", WorkTree, "push", "-q", "origin", "HEAD:main"], cancellationToken);
        return (await GitAsync(["-C", WorkTree, "rev-parse", "HEAD"], cancellationToken)).Trim();
    }

    /// <summary>Takes the newest commit from the branch: it was held, so nothing follows from it.</summary>
    public async Task DropAsync(CancellationToken cancellationToken)
    {
        await GitAsync(["-C", WorkTree, "reset", "-q", "--hard", "HEAD~1"], cancellationToken);
        await GitAsync(["-C", WorkTree, "push", "-q", "--force", "origin", "HEAD:main"], cancellationToken);
    }

    /// <summary>Takes the newest commit back by a new one.</summary>
    public async Task<string> RevertAsync(CancellationToken cancellationToken)
    {
        await GitAsync(
            ["-C", WorkTree, "-c", "user.name=demo", "-c", "user.email=demo@example.org", .. Signing(), "revert", "--no-edit", "HEAD"], cancellationToken);
        await GitAsync(["-C", WorkTree, "push", "-q", "origin", "HEAD:main"], cancellationToken);
        return (await GitAsync(["-C", WorkTree, "rev-parse", "HEAD"], cancellationToken)).Trim();
    }

    private string[] Signing() => Signer is null ? [] : ["-c", "gpg.format=ssh", "-c", $"user.signingKey={Signer}", "-c", "commit.gpgSign=true"];

    private static IEnumerable<(string Name, byte[] Bytes)> Example()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            yield return (resource[Prefix.Length..], copy.ToArray());
        }
    }

    private async Task<string> GitAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var result = await commands.RunAsync(
            new Command(["git", .. arguments])
            {
                // Whatever the person has configured (signing, hooks, templates) stays out of the demo.
                Environment = new Dictionary<string, string?> { ["GIT_CONFIG_GLOBAL"] = "/dev/null", ["GIT_CONFIG_NOSYSTEM"] = "1" },
            },
            cancellationToken);
        return result.Succeeded
            ? result.Output
            : throw new InvalidOperationException(
                new StringBuilder("git ").AppendJoin(' ', arguments).Append(" failed: ").Append(result.Error.Trim()).ToString());
    }
}
