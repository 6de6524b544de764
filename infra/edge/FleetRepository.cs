using GitOps.Manifests;
using GitOps.Manifests.Registrations;
using Pulumi;

namespace GitOps.Infra.Edge;

/// <summary>A fleet, as far as its registrations go.</summary>
/// <param name="Nodes">Of EdgeNodes and of rows of inventories, in the order of names.</param>
internal sealed record FleetRepository(string Uid, IReadOnlyList<string> Nodes)
{
    /// <summary>A larger file is read up to this and refused by the parser.</summary>
    private const int MaxFileBytes = 64 * 1024 * 1024;

    private const int FindingsShown = 20;

    /// <summary>Reads a checkout by the parser of the control plane, so that both see the same nodes.</summary>
    /// <exception cref="RunException">It has errors: then what seems to be gone may only be unreadable.</exception>
    public static FleetRepository Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw Refused($"there is no folder {folder}", "check the fleet repository out there, or set fleet.repository");
        }

        var parsed = ManifestParser.Parse(new FleetSource(Files(Path.GetFullPath(folder))));
        var errors = parsed.Findings.Where(finding => finding.Severity == Severity.Error).ToList();
        if (errors.Count > 0)
        {
            throw Refused(
                $"the fleet repository in {folder} has {errors.Count} errors\n" +
                string.Concat(errors.Take(FindingsShown).Select(error => $"  {error}\n")), $"'gitops validate {folder}' shows all of them");
        }

        return parsed.Manifest is { Fleet: { } fleet } manifest
            ? new FleetRepository(fleet.Spec.Uid.ToString(), [.. manifest.Nodes.Select(node => node.Name).Order(StringComparer.Ordinal)])
            : throw Refused($"there is no Fleet in {folder}", "name the root of the fleet repository");
    }

    private static IEnumerable<SourceFile> Files(string root) => Directory
        .EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Select(path => (Path: path, Name: Path.GetRelativePath(root, path).Replace('\\', '/')))
        .Where(file => !file.Name.StartsWith(".git/", StringComparison.Ordinal))
        .Select(file => new SourceFile(file.Name, ReadBounded(file.Path)));

    private static byte[] ReadBounded(string path)
    {
        using var stream = File.OpenRead(path);
        var bytes = new byte[Math.Min(stream.Length, MaxFileBytes + 1)];
        return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    private static RunException Refused(string what, string fix) => new($"{RegistrationCodes.NoFleet.Id}: {what}\nfix: {fix}");
}
