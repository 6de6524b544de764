using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Containers;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>Workload: processes, their files, probes and restarts.</summary>
internal static class WorkloadShapes
{
    private static readonly LogBound DefaultLog = new(1 << 20, 3);
    private static readonly RestartBackoff DefaultBackoff = new(1_000, 60_000);

    private static readonly string[] Signals =
        ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGWINCH"];

    private static readonly Shape<EquatableArray<string>> Command = new ListShape<string>(Scalars.Text, minimum: 1);

    private static readonly Shape<ProcessFile> File = new ObjectShape<ProcessFile>("file", f => new(
        f.Required("name", Scalars.RelativeName, "its name in the directory of the workload"),
        SharedShapes.ContentOf(f),
        f.Default("mode", Scalars.Mode, "0644", "permission bits, four octal digits")))
    { Rules = [SharedShapes.ExactlyOneContent<ProcessFile>()] };

    private static readonly Shape<RestartBackoff> Backoff = new ObjectShape<RestartBackoff>("backoff", f => new(
        Milliseconds(f.Default("initial", Durations.Short, TimeSpan.FromSeconds(1),
            "the first pause before a restart")),
        Milliseconds(f.Default("max", Durations.Short, TimeSpan.FromMinutes(1),
            "the longest; the pause doubles up to it"))))
    {
        Rules = [new("`initial` is not longer than `max`", (backoff, node, findings) =>
        {
            if (backoff.InitialMs > backoff.MaxMs)
            {
                findings.Error(ManifestCodes.InvalidValue, node.Span,
                    $"the first pause of {backoff.InitialMs} ms is longer than the longest of {backoff.MaxMs} ms",
                        "raise 'max' or lower 'initial'");
            }
        })],
    };

    private static readonly Shape<int> Files = Scalars.Integer("integer", 1, 100);

    private static readonly Shape<LogBound> Log = new ObjectShape<LogBound>("log", f => new(
        f.Default("size", Scalars.Size, DefaultLog.MaxBytes, "a log file is rotated at this size"),
        f.Default("files", Files, DefaultLog.Files, "so many are kept")))
    {
        Rules = [new("`size` is at least 4Ki", (log, node, findings) =>
        {
            if (log.MaxBytes < 4096)
            {
                findings.Error(ManifestCodes.InvalidValue, node.Span, $"a log of {log.MaxBytes} bytes holds nothing",
                    "write at least 4Ki");
            }
        })],
    };

    private static readonly Shape<EquatableArray<ProcessFile>> ProcessFiles =
        new ListShape<ProcessFile>(File, key: file => file.Name);

    private static readonly Shape<EquatableArray<EnvEntry>> Env =
        new MapShape<string, EnvEntry>("variable", Scalars.EnvironmentName, Scalars.Text, (name, value) =>
            new(name, value));

    private static readonly Shape<RestartPolicy> Restart = Scalars.OneOf(
            ("always", RestartPolicy.Always), ("onFailure", RestartPolicy.OnFailure), ("never", RestartPolicy.Never));

    private static readonly Shape<string> StopSignal =
        Scalars.OfText("signal", $"one of {string.Join(", ", Signals)}", "write a signal by name, like SIGTERM",
            Signals.Contains, ScalarForms.OneOf(Signals));

    private static readonly Shape<EquatableArray<int>> Ports =
        new ListShape<int>(Scalars.Port, key: port => port.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static readonly Shape<ProcessSpec> Process = new ObjectShape<ProcessSpec>("process", f => new(
        f.Required("command", Command,
            "the executable and its arguments; never a shell line. `./name` is a file of the workload"),
        f.Default("files", ProcessFiles, [], "files in the directory of the workload, switched all at once"),
        f.Default("env", Env,
            [], "environment variables"),
        f.Optional("workingDirectory", Scalars.AbsolutePath, "otherwise the directory of the workload"),
        f.Optional("user", Scalars.User, "whom it runs as; otherwise as the agent"),
        f.Default("restart", Restart,
            RestartPolicy.Always, "when it is started again after it ended"),
        f.Default("backoff", Backoff, DefaultBackoff, "pauses between restarts"),
        f.Default("stopSignal", StopSignal, "SIGTERM", "how it is asked to stop"),
        f.Default("stopGrace", Durations.Short, TimeSpan.FromSeconds(10), "how long it has before it is killed"),
        f.Default("log", Log, DefaultLog, "bounds on what it writes to its output"),
        f.Default("ports", Ports,
            [], "TCP ports it listens on; two units of a node cannot have the same"))
    {
        Resources = f.Optional("resources", ResourceShapes.Limits, "bounds on the process and all it starts, together"),
    });

    private static readonly Shape<int> Status = Scalars.Integer("integer", 100, 599);

    private static readonly Shape<HttpProbe> Http = new ObjectShape<HttpProbe>("http", h => new HttpProbe(
            h.Required("url", Scalars.HttpUrl, "what is asked for, from the node itself"))
    {
        Status = h.Default("status", Status, 200, "the answer that is healthy"),
    });

    private static readonly Shape<TcpProbe> Tcp = new ObjectShape<TcpProbe>("tcp", t => new(
            t.Default("host", Scalars.Host, "127.0.0.1", "where"),
            t.Required("port", Scalars.Port, "the port")));

    private static readonly Shape<ExecProbe> Exec = new ObjectShape<ExecProbe>("exec", e => new(
            e.Required("command", Command, "healthy when it exits with 0")));

    private static readonly Shape<LogProbe> LogLine = new ObjectShape<LogProbe>("log", l => new(
            l.Required("contains", Scalars.NonEmpty, "a text within one line")));

    private static readonly Shape<ClockProbe> ClockBound = new ObjectShape<ClockProbe>("clock", c => new(
            Milliseconds(c.Required("maxError", Durations.Short, "the bound on the error of the node's clock"))));

    private static readonly Shape<DeviceProbe> DeviceReading = new ObjectShape<DeviceProbe>("device", d => new DeviceProbe(
            d.Required("name", Scalars.Name, "a device of the node", literal: true),
            d.Required("property", Scalars.NonEmpty, "one of its properties"))
    {
        EqualTo = d.Optional("equalTo", Scalars.Text, "the value, as reports write it: `70.5`, `true`, `open`"),
        Minimum = d.OptionalValue("minimum", Scalars.Number, "the least that is healthy"),
        Maximum = d.OptionalValue("maximum", Scalars.Number, "the most that is healthy"),
    })
    {
        Rules = [new("at least one of `equalTo`, `minimum`, `maximum`", (probe, node, findings) =>
        {
            if (probe is { EqualTo: null, Minimum: null, Maximum: null })
            {
                findings.Error(ManifestCodes.MissingField, node.Span, "the probe does not say which value is healthy", "add 'minimum', 'maximum' or 'equalTo'");
            }
        })],
    };

    private static readonly Shape<int> FailureThreshold = Scalars.Integer("integer", 1, 1000);

    private static readonly Shape<Probe> Probe = new ObjectShape<Probe>("probe", f => new Probe(
        f.Required("name", Scalars.Name, "what reports call it"))
    {
        Http = f.Optional("http", Http, "an HTTP GET"),
        Tcp = f.Optional("tcp", Tcp, "a TCP connection"),
        Exec = f.Optional("exec", Exec, "a command on the node"),
        Log = f.Optional("log", LogLine, "a line that the process, or one of the containers, writes"),
        Clock = f.Optional("clock", ClockBound, "the node's clock"),
        Device = f.Optional("device", DeviceReading, "what a device of the node says"),
        PeriodMs = Milliseconds(f.Default("period", Durations.Short, TimeSpan.FromSeconds(2), "how often")),
        TimeoutMs = Milliseconds(f.Default("timeout", Durations.Short, TimeSpan.FromSeconds(1),
            "no answer after this is a failure")),
        FailureThreshold = f.Default("failureThreshold", FailureThreshold, 3,
            "so many failures in a row are unhealthy"),
    })
    {
        Rules = [new("exactly one of `http`, `tcp`, `exec`, `log`, `clock`, `device`", (_, node, findings) =>
            SharedShapes.ExactlyOne(node, ["http", "tcp", "exec", "log", "clock", "device"], findings)) { IsAboutKeys = true }],
    };

    private static readonly Shape<EquatableArray<Probe>> Probes = new ListShape<Probe>(Probe, key: probe => probe.Name);

    private static readonly Shape<EquatableArray<ContentSource.Source>> Sources =
        new EitherShape<EquatableArray<ContentSource.Source>, ContentSource.Source>(SharedShapes.Source, source => [source],
            new ListShape<ContentSource.Source>(SharedShapes.Source, key: source => source.Path, minimum: 1));

    private static readonly Shape<EquatableArray<YamlNode>> Objects = new ListShape<YamlNode>(new AnyShape("Kubernetes object", () => PodDocuments.Objects), minimum: 1);

    private static readonly Shape<PodSource> Pod = new ObjectShape<PodSource>("pod", f => new(
        f.Default("source", Sources, [], "a file with Kubernetes objects, or several; rendered only when its name ends in `.sbn`"),
        f.Default("objects", Objects, [], "Kubernetes objects, written here; a Deployment or DaemonSet holds the fields of a Pod in `spec.template`")))
    {
        Rules = [new("at least one of `source`, `objects`", (pod, node, findings) =>
        {
            if (pod.Sources.IsEmpty && pod.Objects.IsEmpty && !node.TryGet("source", out var _) && !node.TryGet("objects", out var _))
            {
                findings.Error(ManifestCodes.MissingField, node.Span, "the pod has neither 'source' nor 'objects'", "add 'source: ./pod.yaml'");
            }
        }) { IsAboutKeys = true }],
    };

    private static readonly Shape<YamlNode> Inline = new AnyShape("Compose file", () => [ComposeShapes.File]);

    private static readonly Shape<ComposeSource> Compose = new ObjectShape<ComposeSource>("compose", f => new(
        f.Optional("source", SharedShapes.Source, "a Compose file; rendered only when its name ends in `.sbn`"),
        f.Optional("inline", Inline, "a Compose file, written here"),
        f.Default("variables", Env, [], "all that `${NAME}` in it may stand for")))
    {
        Rules = [new("exactly one of `source`, `inline`", (_, node, findings) =>
            SharedShapes.ExactlyOne(node, ["source", "inline"], findings)) { IsAboutKeys = true }],
    };

    public static readonly KindShape<WorkloadSpec> Workload = new(ResourceKind.Workload, isRendered: true,
        "Something that runs on the nodes it is placed on.",
        new ObjectShape<WorkloadSpec>("Workload", f => new(
            SharedShapes.PlacementOf(f),
            SharedShapes.RequiresOf(f),
            f.Optional("process", Process, "an executable, supervised"),
            f.Optional("pod", Pod, "a Kubernetes Pod, Deployment or DaemonSet; see containers.md"),
            f.Optional("compose", Compose, "a Compose file; see containers.md"),
            f.Default("probes", Probes, [],
                "what tells that it is well; without any, running for one second does"),
            SharedShapes.MovedFrom(f))
        {
            Drift = SharedShapes.DriftOf(f),
            Suspend = SharedShapes.SuspendOf(f),
        })
        {
            Rules =
            [
                new("exactly one of `process`, `pod`, `compose`", (_, node, findings) =>
                    SharedShapes.ExactlyOne(node, ["process", "pod", "compose"], findings)) { IsAboutKeys = true },
                new("`drift: warn` is for `pod` and `compose`", (workload, node, findings) =>
                {
                    if (workload is { Drift: DriftPolicy.Warn, Process: not null } && node.TryGet("drift", out var drift))
                    {
                        findings.Error(ManifestCodes.InvalidValue, drift.Span,
                            "nobody can remove a process from under the agent: one that ends is restarted by its policy, whoever ended it", "take 'drift' out");
                    }
                }),
            ],
        });

    private static int Milliseconds(TimeSpan duration) => (int)duration.TotalMilliseconds;
}

internal static class Durations
{
    /// <summary>
    /// More than nothing and at most a day: pauses and timeouts, which travel as 32-bit milliseconds.
    /// </summary>
    public static readonly Shape<TimeSpan> Short = new ScalarShape<TimeSpan>(
        "duration", "a duration longer than nothing and at most 1d",
            "write whole numbers with units, largest first: 500ms, 90s, 5m",
        (YamlNode.Scalar scalar, out TimeSpan value) =>
            Quantities.TryParseDuration(scalar.Text, out value) && value > TimeSpan.Zero &&
                value <= TimeSpan.FromDays(1),
        Quantities.FormatDuration)
    { Says = ScalarForms.Duration };
}
