using System.Text;
using GitOps.Bundles;
using GitOps.Manifests.Install;
using GitOps.Manifests.Registrations;

namespace GitOps.Cli.Install;

/// <summary>What is to be installed on a cluster.</summary>
/// <param name="Image">Of <c>gitops</c>, with a version.</param>
/// <param name="Storage">Size of its volume, as Kubernetes writes quantities.</param>
internal sealed record InstallSettings(string Namespace, string Image, string Storage, ControlPlaneFile File)
{
    public string Cpu { get; init; } = "250m";

    /// <summary>Asked for, and the most it may take.</summary>
    public string Memory { get; init; } = "512Mi";

    public NodeExposure Exposure { get; init; }

    /// <summary>Everything that is wrong. What has none fits into a YAML scalar as it is.</summary>
    public IEnumerable<string> Problems()
    {
        if (!Label.IsValid(Namespace))
        {
            yield return $"--namespace: '{Namespace}' is not a name: use a-z, 0-9 and inner hyphens, at most 63 characters";
        }

        if (!Image.All(c => char.IsAsciiLetterOrDigit(c) || "./:@_-".Contains(c)) || Image.LastIndexOf(':') <= Image.LastIndexOf('/'))
        {
            yield return $"--image: '{Image}' names no version; write REPOSITORY:VERSION or REPOSITORY@sha256:…";
        }

        foreach (var (option, value, example) in new[] { ("--storage", Storage, "10Gi"), ("--cpu", Cpu, "250m"), ("--memory", Memory, "512Mi") })
        {
            if (value.Length == 0 || !char.IsAsciiDigit(value[0]) || !value.All(c => char.IsAsciiLetterOrDigit(c) || c == '.'))
            {
                yield return $"{option}: '{value}' is not a quantity such as {example}";
            }
        }

        if (File.RepositoryPort is null)
        {
            yield return $"--repository: '{File.Repository}' is not https://…, ssh://… or user@host:path";
        }

        foreach (var problem in File.CommitKeys.Problems())
        {
            yield return $"--commit-keys: {problem}";
        }

        if (File.Names.Count == 0 || File.Names.Any(name => Uri.CheckHostName(name) is UriHostNameType.Unknown))
        {
            yield return $"--names: '{string.Join(',', File.Names)}' is not a list of host names and addresses";
        }
    }
}

/// <summary>
/// A control plane as plain manifests, from the texts in <c>manifests/install</c>: the same objects as <c>infra/cloud</c> registers,
/// less the Secrets, which are made where nothing is written down. A test compares both.
/// </summary>
internal static class InstallManifests
{
    private const string Prefix = "install/";

    /// <summary>Files by name; applied in the order of names.</summary>
    public static IReadOnlyList<(string Name, string Text)> Render(InstallSettings settings) =>
    [
        .. typeof(InstallManifests).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => (name[Prefix.Length..], Fill(Read(name), settings)))
            .Append(("10-edgeregistrations.yaml", EdgeRegistration.Definition))
            .OrderBy(file => file.Item1, StringComparer.Ordinal),
    ];

    private static string Fill(string template, InstallSettings settings)
    {
        var text = new StringBuilder(template)
            .Replace("${namespace}", settings.Namespace)
            .Replace("${image}", settings.Image)
            .Replace("${storage}", settings.Storage)
            .Replace("${cpu}", settings.Cpu)
            .Replace("${memory}", settings.Memory)
            // Local: the addresses of nodes stay visible, for limits of rate.
            .Replace("${exposure}", settings.Exposure is NodeExposure.LoadBalancer ? "LoadBalancer\n  externalTrafficPolicy: Local" : $"{settings.Exposure}")
            .Replace("${egress-ports}", string.Join("\n        ", settings.File.EgressPorts.Select(port => $"- port: {port}\n          protocol: TCP")))
            .Replace("${settings-digest}", settings.File.Digest())
            .ToString();
        // Last, and blocks of text: what a repository is called, and who a key is of, fills no other place and needs no quotes.
        return text.Replace("${files}", string.Join("\n  ", settings.File.Files.Select(file => $"{file.Key}: |\n    {Block(file.Value)}")), StringComparison.Ordinal);
    }

    private static string Block(string text) =>
        text.TrimEnd('\n').Replace("\n", "\n    ", StringComparison.Ordinal).Replace("\n    \n", "\n\n", StringComparison.Ordinal);

    private static string Read(string name)
    {
        using var stream = typeof(InstallManifests).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
