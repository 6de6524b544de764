using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace GitOps.Manifests.Install;

/// <summary>How the control plane reaches a repository that is not for everybody.</summary>
public enum GitCredential
{
    None,

    /// <summary>For https: the key <c>token</c> of the Secret <c>gitops-git</c>.</summary>
    Token,

    /// <summary>For ssh: the keys <c>key</c> and <c>knownHosts</c> of that Secret.</summary>
    SshKey,
}

/// <summary>
/// The settings file of a control plane in a pod, and the places its other files are mounted at. Whoever puts a control plane
/// on a cluster, by Pulumi or by plain manifests, takes it from here.
/// </summary>
/// <param name="Repository">Of the fleet.</param>
/// <param name="Names">What nodes call it, the first above all.</param>
public sealed record ControlPlaneFile(string Repository, string Reference, IReadOnlyList<string> Names)
{
    public const string DataFolder = "/var/lib/gitops";
    public const string SettingsFolder = "/etc/gitops";
    public const string Name = "gitops.json";
    public const string PeopleFolder = "/run/gitops/people";
    public const string GitFolder = "/run/gitops/git";
    public const string TokenKey = "token";
    public const string SshKey = "key";
    public const string KnownHostsKey = "knownHosts";

    private const int SshPort = 22;

    public GitCredential Credential { get; init; }

    /// <summary>Of an external broker; null: the embedded one, unless <see cref="HasBroker"/> is false.</summary>
    public string? BrokerUrl { get; init; }

    public bool HasBroker { get; init; } = true;

    /// <summary>Public keys, by the names of their files, that sign commits until a published Fleet says whose do.</summary>
    public CommitKeys CommitKeys { get; init; } = CommitKeys.None;

    /// <summary>The namespace whose <c>EdgeRegistration</c> objects let machines enrol; null: none do.</summary>
    public string? Registrations { get; init; }

    /// <summary>Of the server that <see cref="Repository"/> lies on; null: it is no address that a pod could fetch from.</summary>
    public int? RepositoryPort =>
        Repository.Contains("://", StringComparison.Ordinal)
            ? Uri.TryCreate(Repository, UriKind.Absolute, out var url) && url is { Scheme: "https" or "http" or "ssh", Host.Length: > 0 }
                ? url.Port > 0 ? url.Port : SshPort
                : null
            // user@host:path
            : Repository.IndexOf(':', StringComparison.Ordinal) is > 0 and var at && !Repository.AsSpan(0, at).Contains('/') ? SshPort : null;

    /// <summary>Where the pod may connect to outside of its cluster's names: the API server and the repository, each once, in order.</summary>
    public IEnumerable<int> EgressPorts => new[] { 443, 6443, RepositoryPort ?? 443 }.Distinct().Order();

    /// <summary>What lies in <see cref="SettingsFolder"/>, by name: the settings, and the keys they name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Files => [new(Name, Render()), .. CommitKeys.Files];

    /// <summary>JSON, with a line break at its end.</summary>
    public string Render()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteNumber("format", 1);
            json.WriteString("repository", Repository);
            json.WriteString("reference", Reference);
            WriteCredential(json);
            if (CommitKeys.Files.Count > 0)
            {
                json.WriteString("commitKeys", string.Join(',', CommitKeys.Files.Select(key => $"{SettingsFolder}/{key.Key}")));
            }

            json.WriteString("dataDirectory", DataFolder);
            json.WriteString("names", string.Join(',', Names));
            json.WriteString("peopleEndpoint", "0.0.0.0:8080");
            json.WriteString("peopleTokenFile", $"{PeopleFolder}/{TokenKey}");
            json.WriteString("broker", HasBroker ? BrokerUrl is null ? "embedded" : "external" : "none");
            if (HasBroker && BrokerUrl is not null)
            {
                json.WriteString("brokerUrl", BrokerUrl);
            }

            if (Registrations is not null)
            {
                json.WriteString("registrations", Registrations);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    /// <summary>Of the pod: other settings are another pod, so that they are taken up.</summary>
    public string Digest() =>
        $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(Files.Select(file => file.Value)))))}";

    private void WriteCredential(Utf8JsonWriter json)
    {
        switch (Credential)
        {
            case GitCredential.Token:
                json.WriteString("gitTokenFile", $"{GitFolder}/{TokenKey}");
                break;
            case GitCredential.SshKey:
                json.WriteString("sshKeyFile", $"{GitFolder}/{SshKey}");
                json.WriteString("knownHostsFile", $"{GitFolder}/{KnownHostsKey}");
                break;
        }
    }
}
