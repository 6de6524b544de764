using System.Diagnostics.CodeAnalysis;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Targeting;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>Shapes that several kinds use.</summary>
internal static class SharedShapes
{
    /// <summary>One or more, as text.</summary>
    public static readonly Shape<string> Certificates = Scalars.OfText("certificates", "certificates in PEM", "paste them whole, from -----BEGIN CERTIFICATE----- to the end",
        text => text.TrimStart().StartsWith("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal) && text.TrimEnd().EndsWith("-----END CERTIFICATE-----", StringComparison.Ordinal),
        ScalarForm.Text with { Example = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" });

    private static readonly Shape<EquatableArray<LabelPair>> Annotations = new MapShape<string, LabelPair>(
            "annotation", TargetingShapes.LabelKey, Scalars.Text, (key, value) => new(key, value));

    public static readonly Shape<Metadata> Metadata = new ObjectShape<Metadata>("metadata", f => new(
        f.Required("name", Scalars.Name, "the name of the resource, unique among its kind", literal: true),
        f.Default("labels", TargetingShapes.Labels, [], "labels; on an EdgeNode, what selectors look at",
            literal: true),
        f.Default("annotations", Annotations,
            [], "notes for people and tools; nothing here reads them", literal: true)))
    {
        Rules = [new($"labels below `{NodeLabels.ReservedPrefix}` are set by the product", (metadata, node, findings) =>
        {
            foreach (var label in metadata.Labels)
            {
                if (label.Key.StartsWith(NodeLabels.ReservedPrefix, StringComparison.Ordinal))
                {
                    findings.Error(ManifestCodes.ReservedLabel, node.Span,
                        $"the label '{label.Key}' is set by the product",
                        "remove it: site, node and arch follow from the EdgeNode; choose another prefix for a label of your own");
                }
            }
        })],
    };

    public static readonly Shape<YamlNode.Mapping> Values = new ValuesShape();

    public static readonly Shape<Suspension> Suspend = new ObjectShape<Suspension>("suspend", f => new(
        f.Required("reason", Scalars.NonEmpty, "why, for whoever finds it")));

    public static readonly Shape<EquatableArray<Requirement>> Requires = new ListShape<Requirement>(
        new ScalarShape<Requirement>("requirement", "a unit of the node",
            "write clock, or kind/name with one of the kinds file, workload, volume, sync, device, edgex", TryRequirement,
            requirement => requirement.ToString())
        { Says = ScalarForms.Requirement },
        key: requirement => requirement.ToString());

    public static readonly Shape<ContentSource.Source> Source = new ScalarShape<ContentSource.Source>(
        "repository path", "a file of this repository, relative to this manifest",
        "write a path like ./files/app.conf; it may not leave the repository",
        (YamlNode.Scalar scalar, [MaybeNullWhen(false)] out ContentSource.Source value) =>
        {
            value = Paths.Resolve(scalar.Span.File, scalar.Text) is { } path ? new(scalar.Text, path) : null;
            return value is not null;
        })
    { Code = ManifestCodes.SourceOutside, Says = ScalarForms.RepositoryPath };

    /// <summary>
    /// The two fields <c>content</c> and <c>source</c>; <see cref="ExactlyOneContent"/> belongs to them.
    /// </summary>
    public static ContentSource ContentOf(Fields f)
    {
        var content = f.Optional("content", Scalars.Text, "the text; a template where it holds `{{`");
        var source = f.Optional("source", Source,
            "a file of the repository, relative to the manifest; rendered only when its name ends in `.sbn`");
        return source is not null ? source : new ContentSource.Inline(content ?? "");
    }

    public static ObjectRule<T> ExactlyOneContent<T>() =>
        new("exactly one of `content`, `source`", (_, node, findings) =>
        ExactlyOne(node, ["content", "source"], findings))
        { IsAboutKeys = true };

    public static void ExactlyOne(YamlNode.Mapping node, string[] names, FindingList findings)
    {
        var written = names.Where(name => node.TryGet(name, out _)).ToArray();
        if (written.Length != 1)
        {
            findings.Error(ManifestCodes.ExclusiveFields, node.Span,
                written.Length == 0 ? $"none of {string.Join(", ", names)} is written"
                    : $"{string.Join(" and ", written)} exclude each other",
                $"write exactly one of {string.Join(", ", names)}");
        }
    }

    public static string? MovedFrom(Fields f) => f.Optional("movedFrom", Scalars.Name,
        "the name this had before: what is on the node is taken over instead of removed and made again", literal: true);

    private static readonly Shape<DriftPolicy> Drift = Scalars.OneOf(("correct", DriftPolicy.Correct), ("warn", DriftPolicy.Warn));

    /// <summary>The field <c>suspend</c> of what becomes a unit.</summary>
    public static Suspension? SuspendOf(Fields f) => f.Optional("suspend", Suspend, "it is left as it is on its nodes while this is written");

    /// <summary>The field <c>drift</c> of what somebody else on the node can change.</summary>
    public static DriftPolicy DriftOf(Fields f) =>
        f.Default("drift", Drift, DriftPolicy.Correct, "a change that somebody else made to it is put right, or only reported");

    public static Placement PlacementOf(Fields f) =>
        f.Required("placement", TargetingShapes.Placement, "on which nodes it is", literal: true);

    public static EquatableArray<Requirement> RequiresOf(Fields f) =>
        f.Default("requires", Requires, [], "units of the node that must be ready first", literal: true);

    private static bool TryRequirement(YamlNode.Scalar scalar, [MaybeNullWhen(false)] out Requirement value)
    {
        value = scalar.Text == UnitKinds.Clock ? new(UnitKinds.Clock, null)
            : UnitId.TryParse(scalar.Text, out var id) &&
              id.Kind is UnitKinds.File or UnitKinds.Workload or UnitKinds.Volume or UnitKinds.Clock or UnitKinds.Device or UnitKinds.Sync or UnitKinds.EdgeX
                ? new(id.Kind, id.Name)
                : null;
        return value is not null;
    }
}
