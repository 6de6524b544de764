using System.Net;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Values;
using GitOps.Platform.Configuration;

namespace GitOps.ControlPlane.Hosting;

/// <summary>Who carries hints, reports and acks. Closed.</summary>
public abstract record BrokerSetting
{
    private BrokerSetting() { }

    public sealed record Embedded(IPEndPoint Endpoint) : BrokerSetting;

    public sealed record External(Uri Address) : BrokerSetting;

    /// <summary>Nodes poll.</summary>
    public sealed record None : BrokerSetting;
}

/// <summary>What reading the settings led to. Closed.</summary>
public abstract record SettingsReading
{
    private SettingsReading() { }

    public sealed record Read(ControlPlaneSettings Settings) : SettingsReading;

    /// <summary>All that is wrong, at once.</summary>
    public sealed record Refused(IReadOnlyList<SettingProblem> Problems) : SettingsReading;
}

/// <summary>The settings of a control plane, checked.</summary>
public sealed record ControlPlaneSettings
{
    public required GitSource Source { get; init; }

    /// <summary>Files with the keys that sign the first revision; empty: it need not be signed.</summary>
    public IReadOnlyList<string> CommitKeys { get; init; } = [];

    public TimeSpan Poll { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Absolute.</summary>
    public required string DataDirectory { get; init; }

    public required IPEndPoint NodeEndpoint { get; init; }

    public required IPEndPoint PeopleEndpoint { get; init; }

    public bool PeopleTls { get; init; }

    /// <summary>Holds the people's token; null: the control plane makes one in its data directory.</summary>
    public string? PeopleTokenFile { get; init; }

    /// <summary>What the server's certificate is for; at least one.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    public required BrokerSetting Broker { get; init; }

    public TimeSpan SilentAfter { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How much of what devices said is kept.</summary>
    public ValueBounds Values { get; init; } = new(TimeSpan.FromDays(30), 100_000);

    /// <summary>The namespace whose registrations are honoured; null: none.</summary>
    public string? Registrations { get; init; }

    /// <summary>How the cluster is reached; null: as the one this program runs in.</summary>
    public string? Kubeconfig { get; init; }

    public IReadOnlyDictionary<WebhookKind, string> Webhooks { get; init; } = new Dictionary<WebhookKind, string>();

    /// <summary>Every setting with its source, secrets masked.</summary>
    public IReadOnlyList<EffectiveSetting> Effective { get; init; } = [];

    /// <summary>Reads all layers.</summary>
    /// <param name="flags">Given flags by setting name.</param>
    /// <param name="environment">Looks a variable up.</param>
    /// <param name="file">The settings file's name and bytes; null when there is none.</param>
    /// <param name="needsRepository">False for what works on the data directory alone: then the repository may be unset.</param>
    public static SettingsReading Read(
        IReadOnlyDictionary<string, string?> flags, Func<string, string?> environment, (string Name, ReadOnlyMemory<byte> Json)? file,
        bool needsRepository = true)
    {
        var values = Settings.Read(KnownSettings.All, flags, KnownSettings.Prefix, environment, file, KnownSettings.Moved);
        if (values.Problems.Count > 0)
        {
            return new SettingsReading.Refused(values.Problems);
        }

        var reader = new Reader(values, needsRepository);
        var settings = reader.ToSettings();
        return reader.Problems.Count > 0 ? new SettingsReading.Refused(reader.Problems) : new SettingsReading.Read(settings);
    }

    /// <summary>From text to what it stands for; problems are gathered, the result counts only without any.</summary>
    private sealed class Reader(Settings values, bool needsRepository)
    {
        public List<SettingProblem> Problems { get; } = [];

        public ControlPlaneSettings ToSettings() => new()
        {
            Source = Source(),
            CommitKeys = (values.Text(KnownSettings.CommitKeys) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Poll = TimeSpan.FromMilliseconds(values.Integer(KnownSettings.PollMs)),
            DataDirectory = Directory(),
            NodeEndpoint = Endpoint(KnownSettings.NodeEndpoint),
            PeopleEndpoint = Endpoint(KnownSettings.PeopleEndpoint),
            PeopleTls = values.Boolean(KnownSettings.PeopleTls),
            PeopleTokenFile = values.Text(KnownSettings.PeopleTokenFile),
            Names = Names(),
            Broker = Broker(),
            SilentAfter = TimeSpan.FromMilliseconds(values.Integer(KnownSettings.SilentAfterMs)),
            Values = new ValueBounds(TimeSpan.FromMilliseconds(values.Integer(KnownSettings.ValueAgeMs)), values.Integer(KnownSettings.ValueRows)),
            Registrations = values.Text(KnownSettings.Registrations) is { Length: > 0 } ns ? ns : null,
            Kubeconfig = values.Text(KnownSettings.Kubeconfig) is { Length: > 0 } file ? file : null,
            Webhooks = Webhooks(),
            Effective = [.. values.Effective],
        };

        private GitSource Source()
        {
            var repository = values.Text(KnownSettings.Repository);
            if (string.IsNullOrEmpty(repository) && needsRepository)
            {
                Refuse(KnownSettings.Repository, "is not set");
            }

            var text = values.Text(KnownSettings.Reference)!;
            var reference = GitReference.TryParse(text);
            if (reference is null)
            {
                Refuse(KnownSettings.Reference, $"'{text}' is not a branch, refs/tags/NAME or a full commit id");
            }

            return new GitSource(repository ?? string.Empty, reference ?? new GitReference.Branch("main"))
            {
                UserName = values.Text(KnownSettings.GitUserName)!,
                TokenFile = values.Text(KnownSettings.GitTokenFile),
                AuthorityFile = values.Text(KnownSettings.GitAuthorityFile),
                SshKeyFile = values.Text(KnownSettings.SshKeyFile),
                KnownHostsFile = values.Text(KnownSettings.KnownHostsFile),
            };
        }

        private string Directory()
        {
            var text = values.Text(KnownSettings.DataDirectory)!;
            if (!Path.IsPathFullyQualified(text))
            {
                Refuse(KnownSettings.DataDirectory, $"'{text}' is not an absolute path");
            }

            return Path.TrimEndingDirectorySeparator(text);
        }

        private IPEndPoint Endpoint(Setting setting)
        {
            var text = values.Text(setting)!;
            // Without a colon at all, a bare address would be taken with port 0.
            if (IPEndPoint.TryParse(text, out var endpoint) && text.Contains(':', StringComparison.Ordinal))
            {
                return endpoint;
            }

            Refuse(setting, $"'{text}' is not address:port, e.g. 0.0.0.0:8443 or [::]:8443");
            return new IPEndPoint(IPAddress.Loopback, 0);
        }

        private string[] Names()
        {
            var names = values.Text(KnownSettings.Names)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (names.Length == 0 || names.Any(name => Uri.CheckHostName(name) == UriHostNameType.Unknown))
            {
                Refuse(KnownSettings.Names, $"'{values.Text(KnownSettings.Names)}' is not a list of host names and addresses");
            }

            return names;
        }

        private BrokerSetting Broker()
        {
            switch (values.Text(KnownSettings.Broker))
            {
                case "embedded":
                    return new BrokerSetting.Embedded(Endpoint(KnownSettings.BrokerEndpoint));
                case "none":
                    return new BrokerSetting.None();
                case "external" when Uri.TryCreate(values.Text(KnownSettings.BrokerUrl), UriKind.Absolute, out var address) &&
                                     address.Scheme is "mqtts" or "wss":
                    return new BrokerSetting.External(address);
                case "external":
                    Refuse(KnownSettings.BrokerUrl, $"'{values.Text(KnownSettings.BrokerUrl)}' is not an mqtts:// or wss:// address");
                    return new BrokerSetting.None();
                case var other:
                    Refuse(KnownSettings.Broker, $"'{other}' is not embedded, external or none");
                    return new BrokerSetting.None();
            }
        }

        private Dictionary<WebhookKind, string> Webhooks()
        {
            Dictionary<WebhookKind, string> secrets = [];
            Add(WebhookKind.GitHub, KnownSettings.GitHubSecret);
            Add(WebhookKind.GitLab, KnownSettings.GitLabSecret);
            Add(WebhookKind.Gitea, KnownSettings.GiteaSecret);
            Add(WebhookKind.Generic, KnownSettings.GenericSecret);
            return secrets;

            void Add(WebhookKind kind, Setting setting)
            {
                if (values.Text(setting) is { Length: > 0 } secret)
                {
                    secrets[kind] = secret;
                }
            }
        }

        private void Refuse(Setting setting, string what) =>
            Problems.Add(new SettingProblem(values.SourceOf(setting), $"{setting.Name}: {what}", setting.Help));
    }
}
