using GitOps.Platform.Configuration;

namespace GitOps.ControlPlane.Hosting;

/// <summary>Every setting of <c>gitops serve</c>: flag, <c>GITOPS_*</c> variable, member of the JSON file, in this order of strength.</summary>
public static class KnownSettings
{
    public const string Prefix = "GITOPS_";

    public static readonly Setting Repository = new("repository", SettingKind.Text, Default: null,
        "the fleet repository: a path, file://, http(s)://, ssh:// or user@host:path");

    public static readonly Setting Reference = new("reference", SettingKind.Text, "main",
        "what is followed: a branch, refs/tags/NAME or a full commit id");

    public static readonly Setting GitTokenFile = new("gitTokenFile", SettingKind.Text, Default: null,
        "a file with a token or password for http(s), read at each fetch");

    public static readonly Setting GitUserName = new("gitUserName", SettingKind.Text, "git", "the user name for http(s)");

    public static readonly Setting GitAuthorityFile = new("gitAuthorityFile", SettingKind.Text, Default: null,
        "PEM authorities to trust for https instead of the machine's");

    public static readonly Setting SshKeyFile = new("sshKeyFile", SettingKind.Text, Default: null, "a private key for ssh");

    public static readonly Setting KnownHostsFile = new("knownHostsFile", SettingKind.Text, Default: null, "host keys ssh accepts");

    public static readonly Setting CommitKeys = new("commitKeys", SettingKind.Text, Default: null,
        "files with OpenPGP (armored) or SSH public keys, separated by commas: each commit needs a signature by one of them until a published Fleet says whose");

    public static readonly Setting PollMs = new("pollMs", SettingKind.Integer, "60000",
        "how often the repository is asked, in milliseconds")
    {
        Minimum = 100,
    };

    public static readonly Setting DataDirectory = new("dataDirectory", SettingKind.Text, "/var/lib/gitops",
        "where keys, database, store and mirror lie; an absolute path");

    public static readonly Setting NodeEndpoint = new("nodeEndpoint", SettingKind.Text, "0.0.0.0:8443",
        "address and port of the node API (HTTPS, mutual TLS)");

    public static readonly Setting PeopleEndpoint = new("peopleEndpoint", SettingKind.Text, "127.0.0.1:8080",
        "address and port of the API for people and webhooks");

    public static readonly Setting PeopleTls = new("peopleTls", SettingKind.Boolean, "false",
        "whether the people's endpoint is HTTPS; needed wherever it is reached over a network without a proxy");

    public static readonly Setting PeopleTokenFile = new("peopleTokenFile", SettingKind.Text, Default: null,
        "a file with the token people's programs present, instead of people.token in the data directory; it must be there");

    public static readonly Setting Names = new("names", SettingKind.Text, "localhost,127.0.0.1",
        "names and addresses nodes reach this machine by, separated by commas; the first goes into their configuration");

    public static readonly Setting Broker = new("broker", SettingKind.Text, "embedded", "embedded, external or none");

    public static readonly Setting BrokerEndpoint = new("brokerEndpoint", SettingKind.Text, "0.0.0.0:8883",
        "address and port of the embedded broker (MQTT over mutual TLS)");

    public static readonly Setting BrokerUrl = new("brokerUrl", SettingKind.Text, Default: null,
        "mqtts:// or wss:// address of an external broker");

    public static readonly Setting SilentAfterMs = new("silentAfterMs", SettingKind.Integer, "900000",
        "a node nothing was heard of for so long is offline, in milliseconds; more than the agents' polling interval")
    {
        Minimum = 1000,
    };

    public static readonly Setting ValueAgeMs = new("valueAgeMs", SettingKind.Integer, "2592000000",
        "for how long values of devices are kept, in milliseconds, by the time they were read")
    {
        Minimum = 60_000,
        Maximum = 315_360_000_000,
    };

    public static readonly Setting ValueRows = new("valueRows", SettingKind.Integer, "100000",
        "how many values of each property of a device are kept, the newest; about 100 bytes each")
    {
        Minimum = 1,
        Maximum = 100_000_000,
    };

    public static readonly Setting Registrations = new("registrations", SettingKind.Text, Default: null,
        "a namespace of a Kubernetes cluster whose EdgeRegistration objects let machines enrol; absent: none");

    public static readonly Setting Kubeconfig = new("kubeconfig", SettingKind.Text, Default: null,
        "the kubeconfig file by which that cluster is reached; absent: the one this program runs in");

    public static readonly Setting GitHubSecret = Secret("webhookGithubSecret", "GitHub");

    public static readonly Setting GitLabSecret = Secret("webhookGitlabSecret", "GitLab");

    public static readonly Setting GiteaSecret = Secret("webhookGiteaSecret", "Gitea and Forgejo");

    public static readonly Setting GenericSecret = Secret("webhookGenericSecret", "anybody who signs with HMAC-SHA256");

    public static IReadOnlyList<Setting> All { get; } =
    [
        Repository, Reference, GitTokenFile, GitUserName, GitAuthorityFile, SshKeyFile, KnownHostsFile, CommitKeys, PollMs, DataDirectory,
        NodeEndpoint, PeopleEndpoint, PeopleTls, PeopleTokenFile, Names, Broker, BrokerEndpoint, BrokerUrl, SilentAfterMs, ValueAgeMs,
        ValueRows, Registrations, Kubeconfig, GitHubSecret, GitLabSecret, GiteaSecret, GenericSecret,
    ];

    /// <summary>What releases before took as a setting, and what says it now.</summary>
    public static IReadOnlyList<MovedSetting> Moved { get; } =
    [
        new("nodeCertificateMs", "remove it and set Fleet.spec.identity.certificateLife in the fleet repository"),
        new("renewalGraceMs", "remove it and set Fleet.spec.identity.renewalGrace in the fleet repository"),
    ];

    private static Setting Secret(string name, string whose) =>
        new(name, SettingKind.Text, Default: null, $"the shared secret of webhooks of {whose}; absent: that webhook is off") { IsSecret = true };
}
