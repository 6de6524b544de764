using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;

namespace GitOps.Manifests.Kinds;

/// <summary>ConfigFile, Volume, TimeSync and Secret: what lies on a node.</summary>
internal static class FileShapes
{
    private static readonly Shape<EquatableArray<string>> Restart =
        new ListShape<string>(Scalars.Name, key: name => name);

    public static readonly KindShape<ConfigFileSpec> ConfigFile = new(ResourceKind.ConfigFile, isRendered: true,
        "A file on the nodes it is placed on.",
        new ObjectShape<ConfigFileSpec>("ConfigFile", f => new(
            SharedShapes.PlacementOf(f),
            SharedShapes.RequiresOf(f),
            f.Required("path", Scalars.AbsolutePath, "where it is on the node"),
            SharedShapes.ContentOf(f),
            f.Optional("owner", Scalars.User, "otherwise the agent's user"),
            f.Optional("group", Scalars.User, "otherwise the agent's group"),
            f.Default("mode", Scalars.Mode, "0644", "permission bits, four octal digits"),
            f.Default("adopt", Scalars.Bool, false, "take over a file that is there already; it comes back on removal"),
            f.Default("restart", Restart, [],
                "workloads of the node that restart when the content changes", literal: true),
            SharedShapes.MovedFrom(f))
        {
            Drift = SharedShapes.DriftOf(f),
            Suspend = SharedShapes.SuspendOf(f),
        })
        { Rules = [SharedShapes.ExactlyOneContent<ConfigFileSpec>()] });

    private static readonly Shape<OnFull> WhenFull =
        Scalars.OneOf(("refuse", OnFull.Refuse), ("alarm", OnFull.Alarm), ("dropOldest", OnFull.DropOldest));

    private static readonly Shape<Retention> VolumeRetention =
        new ObjectShape<Retention>("retention", r => new Retention
        {
            MaxAgeMs = (long?)r.OptionalValue("maxAge", Scalars.PositiveDuration,
            "older files go, while the clock is trusted")?.TotalMilliseconds,
            MaxBytes = r.OptionalValue("maxSize", Scalars.Size, "the oldest files above this go"),
        });

    private static readonly Shape<DeletionPolicy> Deletion =
        Scalars.OneOf(("Retain", DeletionPolicy.Retain), ("Delete", DeletionPolicy.Delete));

    private static readonly Shape<LimitKeeping> Keeping =
        Scalars.OneOf(("watch", LimitKeeping.Watch), ("image", LimitKeeping.Image));

    /// <summary>Below it, ext4 has no room for a journal.</summary>
    private const long LeastImageBytes = 16L << 20;

    public static readonly KindShape<VolumeSpec> Volume = new(ResourceKind.Volume, isRendered: true,
        "A directory that outlives the workloads that use it.",
        new ObjectShape<VolumeSpec>("Volume", f => new(
            SharedShapes.PlacementOf(f),
            SharedShapes.RequiresOf(f),
            f.Required("path", Scalars.AbsolutePath, "where it is on the node"),
            f.OptionalValue("size", Scalars.Size, "its limit; otherwise none"),
            f.Default("onFull", WhenFull,
                OnFull.Alarm, "above the limit: stop what requires it, only say so, or delete the oldest files"),
            f.Optional("retention", VolumeRetention, "which files may go"),
            f.Default("deletionPolicy", Deletion,
                DeletionPolicy.Retain, "what happens to the data when the volume leaves the node"),
            f.Default("mode", Scalars.Mode, "0755", "permission bits, four octal digits"),
            f.Optional("owner", Scalars.User, "otherwise the agent's user"),
            f.Optional("group", Scalars.User, "otherwise the agent's group"),
            f.Default("adopt", Scalars.Bool, false, "take over a directory that is there already"),
            SharedShapes.MovedFrom(f))
        {
            Enforce = f.Default("enforce", Keeping, LimitKeeping.Watch,
                "what keeps it below `size`: what it holds is counted, or it is an image of that size, which takes no more"),
            ReserveBytes = f.OptionalValue("reserve", Scalars.Size,
                "what stays free on the disk it lies on: below it the volume counts as full, and nothing is pulled into it"),
            Drift = SharedShapes.DriftOf(f),
            Suspend = SharedShapes.SuspendOf(f),
        })
        {
            Rules = [new("`onFull: refuse` and `dropOldest` need a `size` or a `reserve`", (volume, node, findings) =>
            {
                if (volume is { SizeBytes: null, ReserveBytes: null } && volume.OnFull != OnFull.Alarm)
                {
                    findings.Error(ManifestCodes.MissingField, node.Span,
                        "'onFull' says what happens above a limit, and there is neither 'size' nor 'reserve'",
                        "add 'size: <size>'");
                }
            }), new("`enforce: image` needs a `size` of at least 16Mi", (volume, node, findings) =>
            {
                if (volume.Enforce == LimitKeeping.Image && !(volume.SizeBytes >= LeastImageBytes))
                {
                    findings.Error(volume.SizeBytes is null ? ManifestCodes.MissingField : ManifestCodes.InvalidValue, node.Span,
                        volume.SizeBytes is null ? "an image has a size, and there is no 'size'" : "a file system needs more room than this 'size'",
                        "write 'size: <size>' of at least 16Mi");
                }
            }), new("`reserve` is not written with `enforce: image`", (volume, node, findings) =>
            {
                if (volume.Enforce == LimitKeeping.Image && node.TryGet("reserve", out var reserve))
                {
                    findings.Error(ManifestCodes.ExclusiveFields, reserve.Span,
                        "an image takes all of its size from the disk when it is made, and later neither takes nor gives any: it keeps no 'reserve'", "remove 'reserve', or write 'enforce: watch'");
                }
            })],
        });

    private static readonly Shape<EquatableArray<TimeServer>> Servers =
        new ListShape<TimeServer>(new EitherShape<TimeServer, string>(
                Scalars.Host, host => new TimeServer(host), new ObjectShape<TimeServer>("server", s => new TimeServer(
                    s.Required("address", Scalars.Host, "a name or an address"))
                {
                    Port = s.OptionalValue("port", Scalars.Port, "otherwise 123, or 4460 with `nts`"),
                    Nts = s.Default("nts", Scalars.Bool, false, "authenticate it by Network Time Security (RFC 8915)"),
                    Prefer = s.Default("prefer", Scalars.Bool, false, "follow it while it is good"),
                    Near = s.Default("near", Scalars.Bool, false, "one of your own on the network of the node: chronyd asks it every 4 to 64 s and goes by it after 3 s, not 6; servers of others call that abuse"),
                })), key: server => server.Address, minimum: 1);

    private static readonly Shape<string> Network = Scalars.OfText("network", "a network in CIDR notation", "write one like 10.1.0.0/16; its host bits are zero",
        text => System.Net.IPNetwork.TryParse(text, out _), ScalarForm.Text with { Example = "10.1.0.0/16" });

    private static readonly Shape<TimeServing> Serve = new ObjectShape<TimeServing>("serve", f => new TimeServing(
        f.Required("networks", new ListShape<string>(Network, key: network => network, minimum: 1), "who may ask: nodes of the site, devices"))
    {
        Port = f.OptionalValue("port", Scalars.Port, "otherwise 123"),
    });

    private static readonly Shape<string> Interface = Scalars.OfText("interface", "the name of a network interface", "write one like eth0: at most 15 characters, none of them a space or '/'",
        PtpLink.IsInterface, ScalarForm.Text with { Example = "eth0" });

    private static readonly Shape<PtpLink> Ptp = new ObjectShape<PtpLink>("ptp", f => new PtpLink(
        f.Required("interface", Interface, "where it is spoken"))
    {
        Domain = f.Default("domain", Scalars.Integer("integer", 0, 127), 0, "the number of the domain"),
        Transport = f.Default("transport", Scalars.OneOf(("udp", PtpTransport.Udp), ("udp6", PtpTransport.Udp6), ("ethernet", PtpTransport.Ethernet)),
            PtpTransport.Udp, "what carries it"),
        Delay = f.Default("delay", Scalars.OneOf(("end-to-end", PtpDelay.EndToEnd), ("peer-to-peer", PtpDelay.PeerToPeer)), PtpDelay.EndToEnd,
            "how the delay of the network is measured"),
        Serve = f.Default("serve", Scalars.Bool, false, "be the grandmaster, with the time of `servers`"),
    });

    public static readonly KindShape<TimeSyncSpec> TimeSync = new(ResourceKind.TimeSync, isRendered: true,
        "Whose clock the nodes follow. A node has at most one.",
        new ObjectShape<TimeSyncSpec>("TimeSync", f => new(
            SharedShapes.PlacementOf(f),
            SharedShapes.RequiresOf(f),
            f.Default("servers", Servers, [], "NTP servers; needed unless a `ptp` grandmaster is followed"),
            f.Default("maxError", Durations.Short, TimeSpan.FromMilliseconds(100),
                "the bound on the error of the clock; the gate `clock` is open below it"),
            f.Optional("ntsAuthorities", SharedShapes.Certificates, "for servers with `nts`: the certificates of their authorities, besides those the machine trusts"),
            f.Optional("ptp", Ptp, "the Precision Time Protocol, with time stamps of software; needs chronyd and linuxptp"),
            f.Optional("serve", Serve, "the nodes tell others the time; needs chronyd"),
            f.Default("isolation", Scalars.OneOf(("wait", ClockIsolation.Wait), ("orphan", ClockIsolation.Orphan)), ClockIsolation.Wait,
                "without a server: the gate closes in time, or nodes that `serve` go by their own clock, and the site agrees with itself"),
            f.Default("leapSeconds", Scalars.OneOf(("step", LeapSeconds.Step), ("slew", LeapSeconds.Slew)), LeapSeconds.Step,
                "set the clock back, or slow it down around one; slowed down, others are told so too"),
            SharedShapes.MovedFrom(f)))
        {
            Rules = [new("`servers`, or a `ptp` grandmaster that is followed", (clock, node, findings) =>
            {
                if (clock is { Servers.IsEmpty: true, Ptp: null or { Serve: true } })
                {
                    findings.Error(ManifestCodes.MissingField, node.Span, clock.Ptp is null ? "nothing says whose clock is followed" : "a grandmaster needs a clock to follow itself",
                        "add 'servers: [<an NTP server>]'");
                }
            }), new("`isolation: orphan` needs `serve`", (clock, node, findings) =>
            {
                if (clock is { Isolation: ClockIsolation.Orphan, Serve: null, Ptp: null or { Serve: false } })
                {
                    findings.Error(ManifestCodes.MissingField, node.Span, "'isolation: orphan' is for nodes that tell others the time, and there is no 'serve'",
                        "add 'serve: {networks: [<the network of the site>]}', or remove 'isolation'");
                }
            })],
        });

    private static readonly Shape<EquatableArray<string>> Keys =
        new ListShape<string>(Scalars.OfText("key", "a key", "use letters, digits, '-', '_' and '.'",
            SecretKeys.IsValid, ScalarForm.Text with { Example = "password" }),
                key: name => name, sorted: true);

    public static readonly KindShape<SecretSpec> Secret = new(ResourceKind.Secret, isRendered: false,
        "A secret: ciphertext in Git that only its nodes open, or a file that lies on them already.",
        new ObjectShape<SecretSpec>("Secret", f => new(
            SharedShapes.PlacementOf(f),
            f.Optional("file", Scalars.AbsolutePath,
                "a file of the node that holds it; with `keys`, a directory with one file for each key"),
            f.Default("keys", Keys, [], "the keys; without them there is one, `value`"),
            f.Optional("version", Scalars.NonEmpty, "of `file`, which needs it: any text; changing it makes the nodes read the secret again"))
        {
            Age = f.Optional("age", SharedShapes.Source,
                "a file of the repository, encrypted by age, as `gitops secret seal` writes it; with `keys`, it holds them as YAML or JSON"),
            Sops = f.Optional("sops", SharedShapes.Source, "a file of the repository, YAML or JSON, encrypted by SOPS to keys of age; its keys stand in it"),
        })
        {
            Rules =
            [
                new("exactly one of `age`, `sops`, `file`", (_, node, findings) =>
                    SharedShapes.ExactlyOne(node, ["age", "sops", "file"], findings)) { IsAboutKeys = true },
                new("`keys` are not written with `sops`", (secret, node, findings) =>
                {
                    if (secret.Sops is not null && node.TryGet("keys", out var keys))
                    {
                        findings.Error(ManifestCodes.ExclusiveFields, keys.Span, "the keys of 'sops' are those of its file", "remove 'keys'");
                    }
                }),
                new("`version` is there with `file`", (secret, node, findings) =>
                {
                    if (secret.File is not null && secret.Version is null)
                    {
                        findings.Error(ManifestCodes.MissingField, node.Span, "nothing in Git says when what 'file' holds is another secret",
                            "add 'version: \"1\"', and change it with the secret");
                    }
                    else if (secret.Ciphertext is not null && secret.Version is not null)
                    {
                        findings.Error(ManifestCodes.ExclusiveFields, node.Span, "'version' is about 'file': that of a file in Git is its ciphertext", "remove 'version'");
                    }
                }),
            ],
        });
}
