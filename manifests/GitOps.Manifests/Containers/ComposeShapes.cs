using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Containers;

/// <summary>A Compose file: every field of the Compose Specification is done, warned about or refused.</summary>
internal static class ComposeShapes
{
    private static readonly LogBound DefaultLog = new(1024 * 1024, 3);

    private static readonly Shape<EquatableArray<string>> Words = new EitherShape<EquatableArray<string>, EquatableArray<string>>(
        new ScalarShape<EquatableArray<string>>("command line", "a command line", "close its quotes, or write a list",
            (YamlNode.Scalar scalar, out EquatableArray<string> value) =>
            {
                var words = ShellWords.Split(scalar.Text);
                value = words ?? [];
                return words is not null;
            }),
        words => words, new ListShape<string>(Scalars.Text));

    private static readonly Shape<EquatableArray<string>> TextOrList = new EitherShape<EquatableArray<string>, string>(
        Scalars.NonEmpty, text => [text], new ListShape<string>(Scalars.NonEmpty));

    private static readonly ComposePairsShape Pairs = new();

    private static readonly Shape<PortProtocol> Protocol = Scalars.OneOf(("tcp", PortProtocol.Tcp), ("udp", PortProtocol.Udp));

    private static readonly Shape<ComposePort> Port = new EitherShape<ComposePort, ComposePort>(ComposeSyntax.ShortPort, port => port,
        new ObjectShape<ComposePort>("port", f => LongPort(
            f.Required("target", ContainerScalars.Port, "what the container listens on"),
            f.OptionalValue("published", ContainerScalars.PublishedPort, "the port of the node"),
            f.Optional("host_ip", Scalars.Host, "of which address; otherwise all"),
            f.Default("protocol", Protocol, PortProtocol.Tcp, "SCTP is not offered")))
        { WithoutMeaning = [("mode", "there is no swarm"), ("name", "for people"), ("app_protocol", "for people")] });

    private sealed record BindOptions(bool Creates);

    private static readonly Shape<BindOptions> Bind = new ObjectShape<BindOptions>("bind", f => new(
        f.Default("create_host_path", Scalars.Bool, true, "make the folder when it is missing")))
    { WithoutMeaning = [("selinux", "labels are set on the node")], Refused = [("propagation", "take it out: mounts are private"), ("recursive", "take it out")] };

    private sealed record VolumeOptions(string? SubPath);

    private static readonly Shape<VolumeOptions> Volume = new ObjectShape<VolumeOptions>("volume", f => new(
        f.Optional("subpath", ContainerScalars.SubPath, "a part of the volume")))
    { WithoutMeaning = [("nocopy", "what an image holds at the path is never copied into a volume"), ("labels", "for people")] };

    private sealed record TmpfsOptions(long? Size);

    private static readonly Shape<TmpfsOptions> Tmpfs = new ObjectShape<TmpfsOptions>("tmpfs", f => new(
        f.OptionalValue("size", ContainerScalars.ByteValue, "its limit")))
    { Refused = [("mode", "take it out")] };

    private static readonly Shape<ComposeMountType> MountType = Scalars.OneOf(
        ("volume", ComposeMountType.Volume), ("bind", ComposeMountType.Bind), ("tmpfs", ComposeMountType.Tmpfs));

    private static readonly Shape<ComposeMount> Mount = new EitherShape<ComposeMount, ComposeMount>(ComposeSyntax.ShortMount, mount => mount,
        new ObjectShape<ComposeMount>("mount", f =>
        {
            var type = f.Required("type", MountType, "what is mounted; npipe, cluster and image are not offered");
            var source = f.Optional("source", ContainerScalars.NonEmpty, "a volume of the file, or a path");
            var target = f.Required("target", ContainerScalars.ContainerPath, "where the container sees it");
            var readOnly = f.Default("read_only", Scalars.Bool, false, "whether it can be written");
            f.Optional("bind", Bind, "for type bind");
            var volume = f.Optional("volume", Volume, "for type volume");
            var tmpfs = f.Optional("tmpfs", Tmpfs, "for type tmpfs");
            return new(type, source?.Text, source?.Span ?? default, target, readOnly, volume?.SubPath, tmpfs?.Size);
        })
        {
            WithoutMeaning = [("consistency", "there is one kernel")],
            Refused = [("image", "copy what is needed in another service")],
            Rules = [new("`source` is there unless the type is tmpfs", (mount, node, findings) =>
            {
                if (mount.Source is null && mount.Type == ComposeMountType.Bind)
                {
                    findings.Error(ManifestCodes.MissingField, node.Span, "'source' is missing: what is mounted", "add 'source: <path>'");
                }
            })],
        });

    private static readonly Shape<int> Retries = Scalars.Integer("integer", 1, 1000);

    private static readonly Shape<EquatableArray<string>> Test = new EitherShape<EquatableArray<string>, string>(
        Scalars.NonEmpty, text => ["CMD-SHELL", text], new ListShape<string>(Scalars.Text, minimum: 1));

    private static readonly Shape<ComposeHealth> Health = new ObjectShape<ComposeHealth>("healthcheck", f => new(
        f.Default("test", Test, [], "CMD and words, CMD-SHELL and a line, or NONE"),
        f.Default("interval", ContainerScalars.ComposeDuration, TimeSpan.FromSeconds(30), "how often"),
        f.Default("timeout", ContainerScalars.ComposeDuration, TimeSpan.FromSeconds(30), "no answer after this is a failure"),
        f.Default("retries", Retries, 3, "so many failures in a row are unhealthy"),
        f.Default("start_period", ContainerScalars.ComposeDuration, TimeSpan.Zero, "not asked before"),
        f.Default("disable", Scalars.Bool, false, "no check")))
    {
        Refused = [("start_interval", "use interval")],
        Rules = [new("`test` begins with CMD, CMD-SHELL or NONE", (health, node, findings) =>
        {
            var isValid = health.Test is ["CMD", _, ..] or ["CMD-SHELL", _] or ["NONE"] || (health.Test.IsEmpty && health.IsDisabled);
            if (!isValid)
            {
                findings.Error(ManifestCodes.InvalidValue, node.TryGet("test", out var test) ? test.Span : node.Span,
                    "the health check does not say what to run", "write test: [CMD, <program>, …], [CMD-SHELL, <line>] or [NONE]");
            }
        })],
    };

    private static readonly Shape<ComposeRestart> Restart = new ScalarShape<ComposeRestart>("restart", "no, always, on-failure or unless-stopped",
        "write \"no\", always, on-failure or unless-stopped; how often is not bounded",
        (YamlNode.Scalar scalar, [MaybeNullWhen(false)] out ComposeRestart value) =>
        {
            value = scalar.Text switch
            {
                "no" => new(RestartPolicy.Never),
                "always" or "unless-stopped" => new(RestartPolicy.Always),
                "on-failure" => new(RestartPolicy.OnFailure),
                _ => null,
            };
            return value is not null;
        }, restart => restart.Policy == RestartPolicy.Never ? "no" : "always");

    private static readonly Shape<string> SecurityOption = ContainerScalars.Only("write no-new-privileges:true or seccomp:unconfined",
        "no-new-privileges", "no-new-privileges:true", "no-new-privileges=true", "seccomp:unconfined", "seccomp=unconfined");

    private static readonly Shape<string> DevicePath = Scalars.OfText("device", "a device of the node, under its own path", "write /dev/ttyUSB0",
        text => Paths.IsAbsolute(text.Split(':')[0]) && text.Split(':').Skip(1).All(part => part == "rwm" || part == text.Split(':')[0]));

    private static readonly Shape<EquatableArray<string>> Capabilities = new ListShape<string>(ContainerScalars.Capability, key: name => name, sorted: true);

    private sealed record LogOptions(long Size, int Files);

    private static readonly Shape<LogOptions> LogOptionsShape = new ObjectShape<LogOptions>("options", f => new(
        f.Default("max-size", ContainerScalars.ByteValue, DefaultLog.MaxBytes, "a log file is rotated at this size"),
        f.Default("max-file", ContainerScalars.LogFiles, DefaultLog.Files, "so many are kept")))
    { WithoutMeaning = [("mode", "the agent reads the log"), ("compress", "the agent reads the log")] };

    private static readonly Shape<LogBound> Logging = new ObjectShape<LogBound>("logging", f =>
    {
        f.Default("driver", ContainerScalars.Only("take the driver out: the agent keeps and bounds logs", "json-file", "local"), "json-file", "where it goes");
        var options = f.Optional("options", LogOptionsShape, "bounds");
        return options is null ? DefaultLog : new(options.Size, options.Files);
    });

    private static readonly Shape<decimal> Cpus = new ScalarShape<decimal>("cpus", "a number of processors", "write 0.5 or 2",
        (YamlNode.Scalar scalar, out decimal value) =>
            decimal.TryParse(scalar.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && value is > 0 and < 10_000);

    private static readonly Shape<int> Pids = Scalars.Integer("integer", 1, 1_000_000);

    private static readonly Shape<ResourceLimits> Limits = new ObjectShape<ResourceLimits>("limits", f => new ResourceLimits
    {
        CpuMillis = Millis(f.OptionalValue("cpus", Cpus, "processors")),
        MemoryBytes = f.OptionalValue("memory", ContainerScalars.ByteValue, "above it the container is killed"),
        Pids = f.OptionalValue("pids", Pids, "processes and threads"),
    });

    private sealed record DeployResources(ResourceLimits? Limits);

    private static readonly Shape<DeployResources> ResourcesShape = new ObjectShape<DeployResources>("resources", f => new(
        f.Optional("limits", Limits, "upper bounds")))
    { WithoutMeaning = [("reservations", "nothing is reserved on a node")] };

    private static readonly Shape<int> One = new ScalarShape<int>("`1`", "1 on a node", "place the Workload on as many nodes as there should be of it",
        (YamlNode.Scalar scalar, out int value) => int.TryParse(scalar.Text, out value) && value == 1)
    { Code = ManifestCodes.Unsupported };

    private static readonly Shape<DeployResources> Deploy = new ObjectShape<DeployResources>("deploy", f =>
    {
        f.Default("replicas", One, 1, "one on each node of the placement");
        return f.Default("resources", ResourcesShape, new(null), "bounds");
    })
    {
        WithoutMeaning = [("labels", "there is no swarm"), ("update_config", "Fleet.spec.rollout decides"), ("rollback_config", "the node goes back by itself")],
        Refused = [("mode", "place the Workload"), ("placement", "say it with the placement of the Workload"), ("endpoint_mode", "take it out"),
            ("restart_policy", "use restart")],
    };

    private static readonly Shape<ComposeGrant> Grant = new EitherShape<ComposeGrant, Located>(ContainerScalars.NonEmpty,
        source => new(source, null, null), new ObjectShape<ComposeGrant>("grant", f => new(
            f.Required("source", ContainerScalars.NonEmpty, "its name at the top of the file"),
            f.Optional("target", Scalars.NonEmpty, "the file in the container"),
            f.Optional("mode", ContainerScalars.GrantMode, "permission bits")))
        { Refused = [("uid", "take it out"), ("gid", "take it out")] });

    private static readonly Shape<string> NetworkMode = ContainerScalars.Only(
        "take it out: the services of a file share one network; or write host for all of them", "host");

    private static readonly Shape<string> PidMode = ContainerScalars.Only("take it out, or write host", "host");

    public static readonly Shape<ComposeService> Service = new ObjectShape<ComposeService>("service", f =>
    {
        var privileged = f.Default("privileged", Scalars.Bool, false, "every right; the node's policy has to allow it");
        var readOnly = f.Default("read_only", Scalars.Bool, false, "only volumes can be written");
        var options = f.Default("security_opt", new ListShape<string>(SecurityOption), [], "no-new-privileges, seccomp:unconfined");
        var cpus = f.OptionalValue("cpus", Cpus, "processors");
        var memory = f.OptionalValue("mem_limit", ContainerScalars.ByteValue, "above it the container is killed");
        var pids = f.OptionalValue("pids_limit", Pids, "processes and threads");
        var deploy = f.Optional("deploy", Deploy, "bounds")?.Limits;
        return new(
            f.Required("image", ContainerScalars.Image, "with a digest: repository@sha256:…"),
            f.Default("command", Words, [], "instead of the command of the image"),
            f.Default("entrypoint", Words, [], "instead of the entry point of the image"),
            f.Default("environment", Pairs, [], "environment variables"),
            f.Default("ports", new ListShape<ComposePort>(Port), [], "ports of the node that lead to it"),
            f.Default("expose", new ListShape<ComposePort>(ComposeSyntax.ShortPort), [], "what it listens on"),
            f.Default("volumes", new ListShape<ComposeMount>(Mount, key: mount => mount.Target), [], "Volumes of this fleet, paths of the node, files of the repository"),
            f.Default("tmpfs", TextOrList, [], "folders in memory"),
            f.Default("depends_on", new ComposeDependsShape(), [], "services that come first"),
            f.Optional("healthcheck", Health, "while it fails, the Workload is not ready"),
            f.Default("restart", Restart, new(RestartPolicy.Never), "when it is started again"),
            f.Optional("stop_signal", ContainerScalars.Signal, "otherwise the image's"),
            f.Default("stop_grace_period", ContainerScalars.ComposeDuration, TimeSpan.FromSeconds(10), "from the stop signal to SIGKILL"),
            f.Optional("user", Scalars.NonEmpty, "user, uid, user:group or uid:gid"),
            f.Default("group_add", new ListShape<int>(Scalars.Integer("id", 0, int.MaxValue)), [], "more groups, as numbers"),
            f.Optional("working_dir", ContainerScalars.ContainerPath, "otherwise the image's"),
            new ContainerSecurity
            {
                Privileged = privileged,
                ReadOnlyRootFilesystem = readOnly,
                NoNewPrivileges = options.Any(option => option.StartsWith("no-new", StringComparison.Ordinal)),
                SeccompUnconfined = options.Any(option => option.StartsWith("seccomp", StringComparison.Ordinal)),
                AddCapabilities = f.Default("cap_add", Capabilities, [], "besides the engine's own"),
                DropCapabilities = f.Default("cap_drop", Capabilities, [], "taken away first"),
                Devices = f.Default("devices", new ListShape<string>(DevicePath, key: path => path, sorted: true), [], "devices of the node; its policy has to allow them")
                    .Select(path => path.Split(':')[0]).ToEquatableArray(),
            },
            new ResourceLimits
            {
                CpuMillis = Millis(cpus) ?? deploy?.CpuMillis,
                MemoryBytes = memory ?? deploy?.MemoryBytes,
                Pids = pids ?? deploy?.Pids,
            },
            f.Default("logging", Logging, DefaultLog, "bounds on its output"),
            f.Default("labels", Pairs, [], "given to the container"),
            f.Default("extra_hosts", new ExtraHostsShape(), [], "names for addresses"),
            f.Optional("network_mode", NetworkMode, "`host`: the network of the node; the node's policy has to allow it") is not null,
            f.Optional("pid", PidMode, "`host`: the processes of the node; the node's policy has to allow it") is not null,
            f.Default("configs", new ListShape<ComposeGrant>(Grant), [], "configs as files"),
            f.Default("secrets", new ListShape<ComposeGrant>(Grant), [], "secrets as files below /run/secrets"));
    })
    {
        WithoutMeaning =
        [
            ("container_name", "the agent names containers"), ("networks", "the services of a file share one network"), ("pull_policy", "an image is fetched when the node does not have its digest"),
            ("attach", "the agent reads the log"), ("annotations", "for people"), ("mem_reservation", "nothing is reserved on a node"), ("label_file", "use labels"),
        ],
        Refused =
        [
            ("build", "build the image elsewhere and name it with its digest"), ("extends", "write the fields out"), ("profiles", "write a Workload for each choice"),
            ("env_file", "write the variables under environment"), ("links", "take it out: services reach each other by their names"),
            ("external_links", "use extra_hosts"), ("volumes_from", "name the volume in both services"), ("scale", "place the Workload on as many nodes as there should be of it"),
            ("hostname", "take it out: services reach each other by their names"), ("domainname", "take it out"), ("ipc", "use a tmpfs volume"), ("uts", "take it out"),
            ("cgroup", "take it out"), ("cgroup_parent", "take it out"), ("sysctls", "set them on the node with a ConfigFile below /etc/sysctl.d"),
            ("ulimits", "set them on the node"), ("shm_size", "mount a tmpfs at /dev/shm"), ("dns", "set the resolver on the node"), ("dns_opt", "set the resolver on the node"),
            ("dns_search", "set the resolver on the node"), ("mac_address", "take it out"), ("platform", "place the Workload by gitops.edge/arch"), ("runtime", "set it on the node"),
            ("userns_mode", "take it out"), ("stdin_open", "take it out"), ("tty", "take it out"), ("init", "take it out"), ("storage_opt", "take it out"), ("isolation", "take it out"),
            ("gpus", "use devices"), ("develop", "take it out"), ("provider", "take it out"), ("models", "take it out"), ("blkio_config", "take it out"), ("credential_spec", "take it out"),
            ("device_cgroup_rules", "use devices"), ("post_start", "let the program do it"), ("pre_stop", "let the program do it"), ("oom_kill_disable", "take it out"),
            ("oom_score_adj", "take it out"), ("mem_swappiness", "take it out"), ("memswap_limit", "take it out"), ("cpu_count", "use cpus"), ("cpu_percent", "use cpus"),
            ("cpu_shares", "use cpus"), ("cpu_period", "use cpus"), ("cpu_quota", "use cpus"), ("cpu_rt_runtime", "use cpus"), ("cpu_rt_period", "use cpus"), ("cpuset", "use cpus"),
            ("use_api_socket", "take it out"),
        ],
    };

    private static readonly Shape<string> ServiceName = Scalars.OfText("service name", "a name of a service", "use letters, digits, '.', '_' and '-', at most 63",
        text => text.Length is > 0 and <= 63 && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'));

    private static readonly Shape<ComposeVolume> TopVolume = new ObjectShape<ComposeVolume>("volume", f =>
    {
        f.Default("external", Scalars.Bool, false, "either way it is a Volume of this fleet");
        f.Default("driver", ContainerScalars.Only("write a Volume of gitops.edge/v1 of that name, and take the driver out", "local"), "local", "how it is kept");
        return new("", f.Optional("name", Scalars.Name, "of the Volume of this fleet; otherwise the key"));
    })
    { WithoutMeaning = [("labels", "for people")], Refused = [("driver_opts", "say it in the Volume of gitops.edge/v1")] };

    private static readonly Shape<ComposeConfig> TopConfig = new ObjectShape<ComposeConfig>("config", f => new("",
        f.Optional("file", ContainerScalars.NonEmpty, "a file of the repository, relative to the Compose file"),
        f.Optional("content", Scalars.Text, "the text")))
    {
        Refused = [("external", "use file or content"), ("environment", "use content"), ("name", "take it out"), ("template_driver", "name the Compose file .sbn and use content")],
        Rules = [new("exactly one of `file`, `content`", (_, node, findings) => SharedShapes.ExactlyOne(node, ["file", "content"], findings)) { IsAboutKeys = true }],
    };

    private static readonly Shape<ComposeSecret> TopSecret = new ObjectShape<ComposeSecret>("secret", f =>
    {
        f.Required("external", ContainerScalars.Only("write external: true", "true"), "true: Git holds no secret");
        return new("", f.Optional("name", Scalars.NonEmpty, "NAME or NAME/KEY of a Secret of this fleet; otherwise the key"));
    })
    { Refused = [("file", SecretFix), ("environment", SecretFix), ("driver", SecretFix), ("driver_opts", SecretFix), ("labels", "take it out")] };

    private const string SecretFix = "write external: true, and a Secret of gitops.edge/v1 that says where it lies on the node";

    public static readonly Shape<ComposeFile> File = new ObjectShape<ComposeFile>("Compose file", f => new(
        f.Required("services", new MapShape<ComposeService, NamedService>("service", ServiceName, Service, (name, service) => new(name, service)), "what runs"),
        f.Default("volumes", new MapShape<ComposeVolume, ComposeVolume>("volume", Scalars.NonEmpty, TopVolume, (key, volume) => volume with { Key = key }), [], "Volumes of this fleet"),
        f.Default("configs", new MapShape<ComposeConfig, ComposeConfig>("config", Scalars.NonEmpty, TopConfig, (key, config) => config with { Key = key }), [], "files"),
        f.Default("secrets", new MapShape<ComposeSecret, ComposeSecret>("secret", Scalars.NonEmpty, TopSecret, (key, secret) => secret with { Key = key }), [], "Secrets of this fleet")))
    {
        WithoutMeaning = [("version", "the Compose Specification has none"), ("name", "the Workload has a name"), ("networks", "the services of a file share one network")],
        Refused = [("include", "write a Workload for each file"), ("models", "take it out")],
    };

    private static int? Millis(decimal? cpus) => cpus is { } number ? (int)decimal.Ceiling(number * 1000) : null;

    private static ComposePort LongPort(Located? target, int? published, string? address, PortProtocol protocol) => target is null ? null! : new(
        [new(int.Parse(target.Text, NumberStyles.None, CultureInfo.InvariantCulture)) { HostPort = published, HostAddress = address, Protocol = protocol }], target.Span);
}
