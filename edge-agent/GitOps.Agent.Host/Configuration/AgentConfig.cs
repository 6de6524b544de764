using GitOps.Agent.Host.Chrony;
using GitOps.Agent.Host.Containers;
using GitOps.Agent.Host.Devices.Mappers;
using GitOps.Agent.Links;
using GitOps.Agent.Policy;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;
using GitOps.Platform.Configuration;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Configuration;

/// <summary>Everything that is configured on the node itself (docs/contracts.md §9 and §10). Never written from Git.</summary>
internal sealed record AgentConfig(AgentPaths Paths, string Fleet, string Node, Uri Server, Uri? Broker, RootStatement Root, AgentPolicy Policy)
{
    public const string DefaultIdentity = "/etc/gitops-agent";
    public const string Prefix = "GITOPS_AGENT_";
    private const int LimitBytes = 1 << 20;

    private static readonly Setting FleetSetting = new("fleet", SettingKind.Text, null, "The fleet's uid, as 'gitops node add' wrote it.");
    private static readonly Setting NodeSetting = new("node", SettingKind.Text, null, "This node's name in the fleet.");
    private static readonly Setting ServerSetting = new("server", SettingKind.Text, null, "https://host:port of the store and of reports.");
    private static readonly Setting BrokerSetting = new("broker", SettingKind.Text, null, "mqtts://host:port; absent: polling and HTTPS only.");
    private static readonly Setting LocalBrokerSetting = new("localBroker", SettingKind.Text, null,
        "mqtt://127.0.0.1:1883: the broker of this node, where local applications are told what devices say; absent: nowhere.");

    private static readonly Setting LocalLoginSetting = new("localBrokerLogin", SettingKind.Text, null,
        "The file with the login of localBroker, user:password in one line, mode 0600; absent: it asks for none.");

    internal static readonly Setting StateSetting =
        new("stateDirectory", SettingKind.Text, "/var/lib/gitops-agent", "Where the agent keeps what it must not forget.");

    private static readonly Setting PollSetting =
        new("pollMs", SettingKind.Integer, "300000", "Between two looks at the store, in milliseconds.") { Minimum = 100 };

    private static readonly Setting DeadlineSetting =
        new("commitDeadlineMs", SettingKind.Integer, "300000", "How long a new bundle may take to become ready, in milliseconds.") { Minimum = 100 };

    private static readonly Setting TrialSetting =
        new("trialMs", SettingKind.Integer, "120000", "How long an agent that Git named has to prove itself, in milliseconds.") { Minimum = 1000 };

    private static readonly Setting GraceSetting = new("volumeGraceMs", SettingKind.Integer, "86400000",
        "How long the directory of a volume that left with deletionPolicy: Delete is kept, in milliseconds of trusted time.")
    {
        Minimum = 0,
    };

    private static readonly Setting ClockSetting = new("clock", SettingKind.Text, "detect",
        "Who keeps this machine's clock: detect, ownChrony, ownChronyLeavingClock or measureOnly.");

    private static readonly Setting WindowsSetting = new("downloadWindows", SettingKind.Text, "",
        "When blobs may be fetched, by the machine's local time: 22:00-05:00, 12:00-13:00; empty: always.");

    private static readonly Setting BudgetSetting = new("downloadBudgetBytes", SettingKind.Integer, null,
        "How many bytes of blobs may be fetched within downloadBudgetDays; absent: any number.")
    {
        Maximum = long.MaxValue,
    };

    private static readonly Setting BudgetDaysSetting = new("downloadBudgetDays", SettingKind.Integer, "30",
        "Over how many days downloadBudgetBytes counts, today included.")
    {
        Minimum = 1,
        Maximum = DownloadBudget.MostDays,
    };

    private static readonly Setting EngineSetting = new("containerEngine", SettingKind.Text, "detect",
        "What runs containers: none, detect, podman (started by need), or the path of a Docker-compatible socket.");

    private static readonly Setting GatewaySetting = new("mapperGateway", SettingKind.Text, "detect",
        "Who speaks with KubeEdge mappers: none, detect (gitops-dmi is started by need), or the path of the socket of one that runs.");

    private static readonly Setting MapperSocketSetting = new("mapperSocket", SettingKind.Text, "/etc/kubeedge/dmi.sock",
        "Where KubeEdge mappers look for the node.");

    private static readonly Setting LoginsSetting = new("registryLogins", SettingKind.Text, null,
        "The file with logins of private registries, as 'podman login --authfile' writes it, mode 0600.");

    private static readonly Setting ReserveSetting = new("imageReserveBytes", SettingKind.Integer, "1073741824",
        "What pulling an image leaves free on the disk that holds images, in bytes.")
    {
        Minimum = 0,
        Maximum = long.MaxValue,
    };

    /// <summary>The node's own broker; null: none.</summary>
    public Uri? LocalBroker { get; init; }

    /// <summary>Null: it asks for no login.</summary>
    public string? LocalBrokerLogin { get; init; }

    public static IReadOnlyList<Setting> Settings { get; } =
    [
        FleetSetting, NodeSetting, ServerSetting, BrokerSetting, LocalBrokerSetting, LocalLoginSetting, StateSetting, PollSetting, DeadlineSetting, TrialSetting, GraceSetting, ClockSetting,
        WindowsSetting, BudgetSetting, BudgetDaysSetting,
        EngineSetting, LoginsSetting, ReserveSetting, GatewaySetting, MapperSocketSetting,
    ];

    public required TimeSpan Poll { get; init; }

    public required ClockKeeping Clock { get; init; }

    public required TimeSpan CommitDeadline { get; init; }

    public required TimeSpan Trial { get; init; }

    public required TimeSpan VolumeGrace { get; init; }

    /// <summary>What the way to the store may be used for.</summary>
    public required LinkPolicy Link { get; init; }

    public required EngineChoice Engine { get; init; }

    public required GatewayChoice Mappers { get; init; }

    /// <summary>Null: there are no logins.</summary>
    public string? RegistryLogins { get; init; }

    public long ImageReserveBytes { get; init; }

    /// <summary>Reads the identity folder. Everything that is wrong is said at once.</summary>
    public static (AgentConfig? Config, IReadOnlyList<Problem> Problems) Load(
        IFileLayer layer, string identity, IReadOnlyDictionary<string, string?> flags, Func<string, string?> environment)
    {
        List<Problem> problems = [];
        var settings = ReadSettings(layer, identity, flags, environment, problems);
        var policy = ReadPolicy(layer, $"{identity}/policy.json", problems);
        var root = ReadRoot(layer, $"{identity}/root.json", problems);
        var fleet = Required(settings, FleetSetting, identity, problems);
        var node = Required(settings, NodeSetting, identity, problems);
        var server = ToUri(Required(settings, ServerSetting, identity, problems), ["https", "http"], "server", problems);
        var broker = ToUri(settings.Text(BrokerSetting), ["mqtt", "mqtts", "ws", "wss"], "broker", problems);
        var localBroker = ToUri(settings.Text(LocalBrokerSetting), ["mqtt", "mqtts", "ws", "wss"], "localBroker", problems);
        if (root is not null && fleet is not null && root.Fleet != fleet)
        {
            problems.Add(Wrong($"root.json is of fleet {root.Fleet}, agent.json names {fleet}", "carry both files from one control plane"));
        }

        if (!Enum.TryParse<ClockKeeping>(settings.Text(ClockSetting), ignoreCase: true, out var clock) || !Enum.IsDefined(clock))
        {
            problems.Add(Wrong($"clock: '{settings.Text(ClockSetting)}' is not known", ClockSetting.Help));
        }

        var windows = DailyWindow.TryParseList(settings.Text(WindowsSetting) ?? "");
        if (windows is null)
        {
            problems.Add(Wrong($"downloadWindows: '{settings.Text(WindowsSetting)}' is not written as 22:00-05:00, 12:00-13:00", WindowsSetting.Help));
        }

        var engine = EngineChoice.Parse(settings.Text(EngineSetting)!);
        if (engine is null)
        {
            problems.Add(Wrong($"containerEngine: '{settings.Text(EngineSetting)}' is not known", EngineSetting.Help));
        }

        var state = Path.GetFullPath(settings.Text(StateSetting)!);
        var mappers = GatewayChoice.Parse(settings.Text(GatewaySetting)!, settings.Text(MapperSocketSetting)!, $"{state}/control/dmi.sock", $"{state}/mappers");
        if (mappers is null)
        {
            problems.Add(Wrong($"mapperGateway: '{settings.Text(GatewaySetting)}' is not known", GatewaySetting.Help));
        }

        if (problems.Count > 0)
        {
            return (null, problems);
        }

        var paths = new AgentPaths(Path.GetFullPath(identity), state);
        return (new AgentConfig(paths, fleet!, node!, server!, broker, root!, policy!)
        {
            LocalBroker = localBroker,
            LocalBrokerLogin = settings.Text(LocalLoginSetting),
            Clock = clock,
            Engine = engine!,
            Mappers = mappers!,
            RegistryLogins = settings.Text(LoginsSetting),
            ImageReserveBytes = settings.Integer(ReserveSetting),
            Poll = TimeSpan.FromMilliseconds(settings.Integer(PollSetting)),
            CommitDeadline = TimeSpan.FromMilliseconds(settings.Integer(DeadlineSetting)),
            Trial = TimeSpan.FromMilliseconds(settings.Integer(TrialSetting)),
            VolumeGrace = TimeSpan.FromMilliseconds(settings.Integer(GraceSetting)),
            Link = new LinkPolicy
            {
                Windows = windows!.Value,
                Budget = settings.Text(BudgetSetting) is null ? null
                    : new DownloadBudget(settings.Integer(BudgetSetting), (int)settings.Integer(BudgetDaysSetting)),
            },
        }, []);
    }

    private static Settings ReadSettings(
        IFileLayer layer, string identity, IReadOnlyDictionary<string, string?> flags, Func<string, string?> environment, List<Problem> problems)
    {
        var path = $"{identity}/agent.json";
        var bytes = Read(layer, path, problems);
        var settings = GitOps.Platform.Configuration.Settings.Read(
            Settings, flags, Prefix, environment, bytes is null ? null : (path, bytes.AsMemory()));
        problems.AddRange(settings.Problems.Select(p => Wrong($"{p.Where}: {p.What}", p.Fix)));
        return settings;
    }

    private static string? Required(Settings settings, Setting setting, string identity, List<Problem> problems)
    {
        var value = settings.Text(setting);
        if (value is null)
        {
            problems.Add(Wrong($"'{setting.Name}' is set nowhere", $"set it in {identity}/agent.json, or by {setting.Variable(Prefix)}: {setting.Help}"));
        }

        return value;
    }

    private static Uri? ToUri(string? text, string[] schemes, string name, List<Problem> problems)
    {
        if (text is null)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && schemes.Contains(uri.Scheme))
        {
            return uri;
        }

        problems.Add(Wrong($"{name}: '{text}' is no URL with one of [{string.Join(", ", schemes)}]", $"write {schemes[0]}://host:port"));
        return null;
    }

    private static AgentPolicy? ReadPolicy(IFileLayer layer, string path, List<Problem> problems)
    {
        if (Read(layer, path, problems) is not { } bytes)
        {
            return null;
        }

        var (policy, problem) = PolicyJson.Read(bytes, path);
        if (problem is not null)
        {
            problems.Add(problem);
        }

        return policy;
    }

    private static RootStatement? ReadRoot(IFileLayer layer, string path, List<Problem> problems)
    {
        if (Read(layer, path, problems) is not { } bytes)
        {
            return null;
        }

        switch (RootStatement.ReadFirst(bytes))
        {
            case RootReading.Trusted(var root):
                return root;
            case RootReading.Refused(var problem):
                problems.Add(problem);
                return null;
            case var reading:
                throw new System.Diagnostics.UnreachableException($"no such reading: {reading}");
        }
    }

    private static byte[]? Read(IFileLayer layer, string path, List<Problem> problems)
    {
        try
        {
            if (layer.Read(path, LimitBytes) is { } bytes)
            {
                return bytes;
            }

            problems.Add(Wrong($"there is no file {path}", "carry the folder that 'gitops node add' wrote to this node, or name it with --identity"));
        }
        catch (FileLayerException e)
        {
            problems.Add(Wrong(e.Message, "make it readable for the user the agent runs as"));
        }

        return null;
    }

    private static Problem Wrong(string what, string fix) => new(AgentCodes.Configuration, what, fix);
}
