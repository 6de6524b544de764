using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>Fleet, Site, EdgeNode and NodeGroup: who, and which values.</summary>
internal static class NodeShapes
{
    private static readonly RolloutPolicy DefaultRollout = new(RolloutStrategy.Canary, null, TimeSpan.FromMinutes(5));
    private static readonly RemovalPolicy DefaultRemoval = new(10);
    private static readonly FleetDefaults DefaultDefaults = new(TimeSpan.FromMinutes(5));

    private static readonly Shape<CanaryChoice> Canary = new EitherShape<CanaryChoice, string>(
        Scalars.Name, name => new CanaryChoice.Node(name), new CanarySelectorShape());

    private static readonly Shape<RolloutStrategy> Strategy =
        Scalars.OneOf(("canary", RolloutStrategy.Canary), ("allAtOnce", RolloutStrategy.AllAtOnce));

    private static readonly Shape<RolloutPolicy> Rollout = new ObjectShape<RolloutPolicy>("rollout", f => new(
        f.Default("strategy", Strategy,
            DefaultRollout.Strategy, "one node first and the rest when it is healthy, or all at once"),
        f.Optional("canary", Canary,
            "which node goes first: a name, or a selector; otherwise the first changed node by name", literal: true),
        f.Default("healthTimeout", Scalars.PositiveDuration, DefaultRollout.HealthTimeout,
            "how long the canary has to become healthy before the rollout stops")));

    private static readonly Shape<int> Limit = Scalars.Integer("integer", 0, 1_000_000);

    private static readonly Shape<RemovalPolicy> Removal = new ObjectShape<RemovalPolicy>("removal", f => new(
        f.Default("limit", Limit, DefaultRemoval.Limit,
            "so many (node, unit) removals may be in one push; more are held until confirmed")));

    private static readonly Shape<FleetDefaults> Defaults = new ObjectShape<FleetDefaults>("defaults", f => new(
        f.Default("pollInterval", Scalars.PositiveDuration, DefaultDefaults.PollInterval,
            "how often a node asks without a hint")));

    private static readonly Shape<IdentityPolicy> Identity = new ObjectShape<IdentityPolicy>("identity", f => new(
        f.Default("certificateLife", Scalars.DurationFrom(TimeSpan.FromSeconds(5)), IdentityPolicy.Default.CertificateLife,
            "how long a node's certificate is good for, 5s or more; its agent renews it when two thirds of that are over"),
        f.Default("renewalGrace", Scalars.Duration, IdentityPolicy.Default.RenewalGrace,
            "for how long after its end a certificate still gets the next one: nodes that were off; 0s: they enrol again")));

    private static readonly Shape<int> BundleFormat = Scalars.Integer("integer", 1, 1);

    private static readonly Shape<string> AgentNumber = Scalars.OfText("version", "a version of three numbers", "write one like 0.5.0, as the executable says it",
        text => Version.TryParse(text, out var version) && version is { Build: >= 0, Revision: < 0 } && version.ToString() == text,
        ScalarForm.Text with { Example = "0.5.0" });

    private static readonly Shape<AgentExecutables> Executables = new ObjectShape<AgentExecutables>("executables", f => new(
        f.Optional("amd64", SharedShapes.Source, "for nodes of this architecture: a file of the repository, relative to the manifest"),
        f.Optional("arm64", SharedShapes.Source, "the same for nodes of this one")));

    private static readonly Shape<AgentRelease> Agent = new ObjectShape<AgentRelease>("agent", f => new(
        f.Required("version", AgentNumber, "its version, as `gitops-agent --version` prints it"),
        f.Required("executables", Executables, "its executable for each architecture that the nodes have")));

    public static readonly KindShape<FleetSpec> Fleet = new(ResourceKind.Fleet, isRendered: false,
        "The fleet as a whole: its identity, its defaults, and the limits that guard it. There is exactly one.",
        new ObjectShape<FleetSpec>("Fleet", f => new(
            f.Required("uid", Scalars.Uuid, "identifies the fleet for ever; two fleets never share one"),
            f.Default("values", SharedShapes.Values, YamlNode.Mapping.Empty, "values that every node sees"),
            f.Default("bundleFormat", BundleFormat, 1, "the format of bundles"),
            f.Default("rollout", Rollout, DefaultRollout, "how a change reaches the nodes"),
            f.Default("removal", Removal, DefaultRemoval, "how much one push may remove"),
            f.Optional("confirmRemoval", Scalars.NonEmpty,
                "the id of a removal set that is held, as `gitops diff` prints it"),
            f.Default("allowForcePush", Scalars.Bool, false,
                "accept a history that no longer holds the published revision"),
            f.Default("defaults", Defaults, DefaultDefaults, "what nodes do unless told otherwise"),
            f.Optional("agent", Agent, "the agent that nodes bring themselves to; otherwise they keep the one that was installed", literal: true),
            f.Optional("signing", SigningShapes.Signing, "who must have signed a commit before it is compiled; otherwise anybody who may push", literal: true),
            f.Default("identity", Identity, IdentityPolicy.Default, "how long machines are believed")))
        {
            NotEnforcedYet = [("trust", "keys and certificate authorities in Git")],
        });

    private static readonly Shape<string> TimeZone =
        Scalars.OfText("time zone", "an IANA time zone name", "write one like Europe/Berlin or UTC", IsTimeZone,
            new(ScalarTypes.String) { Example = "Europe/Berlin" });

    private static readonly Shape<decimal> Latitude = Degrees(90);

    private static readonly Shape<decimal> Longitude = Degrees(180);

    private static readonly Shape<Coordinates> Coordinates = new ObjectShape<Coordinates>("coordinates", c => new(
                c.Required("latitude", Latitude, "degrees north, WGS 84"),
                c.Required("longitude", Longitude, "degrees east, WGS 84")));

    internal static readonly Shape<DailyWindow> Window = new ScalarShape<DailyWindow>(
        "part of the day", "a part of the day such as 22:00-05:00", "write it as 22:00-05:00, in quotes or not",
        (YamlNode.Scalar scalar, out DailyWindow window) => DailyWindow.TryParse(scalar.Text, CultureInfo.InvariantCulture, out window),
        window => window.ToString())
    { Says = new(ScalarTypes.String) { Example = "22:00-05:00" } };

    private static readonly Shape<DownloadBudget> Budget = new ObjectShape<DownloadBudget>("downloadBudget", f => new(
        f.Required("size", Scalars.Size, "so much may be fetched"),
        f.Default("days", Scalars.Integer("integer", 1, Bundles.Units.DownloadBudget.MostDays), 30, "within so many days, today included")));

    private static readonly Shape<SiteUplink> Uplink = new ObjectShape<SiteUplink>("uplink", f => new(
        f.Default("downloadWindows", new ListShape<DailyWindow>(Window, key: window => window.ToString()), [],
            "when contents and images may be fetched, by `timeZone`, otherwise by the clock of each machine; otherwise always"),
        f.Optional("downloadBudget", Budget, "how much of contents and images may be fetched; otherwise any amount")))
    {
        NotEnforcedYet = [("metered", "what is fetched over links that cost money, added up before it is")],
        Rules = [new("one of `downloadWindows` and `downloadBudget` at least", (uplink, node, findings) =>
        {
            if (uplink is { DownloadWindows.IsEmpty: true, DownloadBudget: null })
            {
                findings.Error(ManifestCodes.MissingField, node.Span, "'uplink' says nothing",
                    "add 'downloadWindows' or 'downloadBudget', or remove it");
            }
        })],
    };

    public static readonly KindShape<SiteSpec> Site = new(ResourceKind.Site, isRendered: false,
        "A place with nodes.",
        new ObjectShape<SiteSpec>("Site", f => new(
            f.Optional("timeZone", TimeZone,
                "where windows and schedules are read"),
            f.Optional("coordinates", Coordinates, "for maps"),
            f.Default("values", SharedShapes.Values, YamlNode.Mapping.Empty,
                "values for the nodes of the site, over those of the fleet"),
            f.Optional("suspend", SharedShapes.Suspend,
                "the nodes of the site keep what they have while this is written"),
            f.Optional("uplink", Uplink, "what the link of its nodes to the cloud may be used for")))
        {
            NotEnforcedYet =
            [
                ("sharing", "blobs from a neighbour instead of the store"),
                ("alarms", "who is told"),
            ],
        });

    private static readonly Shape<NodeArchitecture> Architecture =
        Scalars.OneOf(("amd64", NodeArchitecture.Amd64), ("arm64", NodeArchitecture.Arm64));

    private static readonly Shape<EquatableArray<string>> Capabilities =
        new ListShape<string>(Scalars.Name, key: name => name);

    public static readonly KindShape<EdgeNodeSpec> EdgeNode = new(ResourceKind.EdgeNode, isRendered: false,
        "One machine. Its labels are what placement looks at; `gitops.edge/site`, `gitops.edge/node` and `gitops.edge/arch` are added.",
        new ObjectShape<EdgeNodeSpec>("EdgeNode", f => new(
            f.Optional("site", Scalars.Name, "the Site it stands at", literal: true),
            f.Default("architecture", Architecture,
                NodeArchitecture.Amd64, "of its processor"),
            f.Default("capabilities", Capabilities, [], "what it can do, for templates"),
            f.Default("values", SharedShapes.Values, YamlNode.Mapping.Empty, "values for this node, over all others"),
            f.Optional("suspend", SharedShapes.Suspend, "the node keeps what it has while this is written"))));

    private static readonly Shape<int> Priority = Scalars.Integer("integer", -1_000_000, 1_000_000);

    public static readonly KindShape<NodeGroupSpec> NodeGroup = new(ResourceKind.NodeGroup, isRendered: false,
        "Values, and the agent, for the nodes that a selector matches, over those of the site and the fleet.",
        new ObjectShape<NodeGroupSpec>("NodeGroup", f => new(
            f.Required("selector", TargetingShapes.Selector, "the nodes of the group", literal: true),
            f.Default("priority", Priority, 0, "a higher one wins over a lower"),
            f.Default("values", SharedShapes.Values, YamlNode.Mapping.Empty, "the values"),
            f.Optional("agent", Agent, "the agent of these nodes, instead of the one of the fleet", literal: true)))
        {
            NotEnforcedYet = [("bundleFormat", "another bundle format for a part of the fleet")],
        });

    private static Shape<decimal> Degrees(decimal bound) => new ScalarShape<decimal>(
        "degrees", string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"degrees from -{bound} to {bound}"),
        "write a number, without quotes",
        (YamlNode.Scalar scalar, out decimal value) =>
            PlainScalar.TryNumber(scalar.Text, out value) && scalar.IsPlain && Math.Abs(value) <= bound,
        DecimalText.Format)
    { Says = new(ScalarTypes.Number) { Minimum = -bound, Maximum = bound, Example = "52.5" } };

    private static bool IsTimeZone(string text) =>
        text.Length is > 0 and <= 64 && char.IsAsciiLetter(text[0]) && !text.EndsWith('/') &&
        !text.Contains("//", StringComparison.Ordinal) &&
            text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+');
}

/// <summary>A selector as the long form of the canary.</summary>
internal sealed class CanarySelectorShape() : Shape<CanaryChoice>(TargetingShapes.Selector.Name)
{
    public override IReadOnlyList<Shape> Parts { get; } = [TargetingShapes.Selector];

    public override ShapeForm Form => TargetingShapes.Selector.Form;

    internal override bool TryBindWritten(
        YamlNode node, BindContext context,
            [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out CanaryChoice value)
    {
        value = TargetingShapes.Selector.TryBindWritten(node, context, out var selector)
            ? new CanaryChoice.Matching(selector)
            : null;
        return value is not null;
    }
}
