using System.Collections.Immutable;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests;

/// <summary>Reads the documents of one manifest file: the envelope here, the spec by the shape of its kind.</summary>
internal sealed class ManifestFile
{
    public const string ApiVersion = "gitops.edge/v1";

    public static readonly IReadOnlyList<FieldShape> Envelope =
    [
        new("apiVersion", Scalars.Text, FieldPresence.Required, null, "always gitops.edge/v1", IsLiteral: true),
        new("kind", Scalars.Text, FieldPresence.Required, null, "what it is", IsLiteral: true),
        new("metadata", SharedShapes.Metadata, FieldPresence.Required, null, "name and labels", IsLiteral: true),
        new("spec", null, FieldPresence.Required, null, "what it says", IsLiteral: false),
    ];

    private readonly ImmutableArray<Declaration>.Builder _declared = ImmutableArray.CreateBuilder<Declaration>();
    private readonly FindingList _findings = new();
    private readonly ImmutableArray<Resource>.Builder _resources = ImmutableArray.CreateBuilder<Resource>();

    private bool _isWhole;

    public static ParsedFile Parse(SourceFile file, YamlLimits limits)
    {
        if (Foreign.ForeignFile.Parse(file, limits) is { } foreign)
        {
            return foreign;
        }

        if (Foreign.ForeignFile.IsRead(file.Path))
        {
            return new(file.Path, [], [], IsWhole: true, []); // data
        }

        var reading = new ManifestFile();
        var documents = YamlReader.Read(file, limits, reading._findings);
        reading._isWhole = reading._findings.Errors == 0;
        foreach (var document in documents)
        {
            reading.Add(document);
        }

        return new(
            file.Path, reading._resources.DrainToImmutable(), reading._declared.DrainToImmutable(), reading._isWhole,
            reading._findings.ToSorted());
    }

    private void Add(YamlNode document)
    {
        if (Nodes.IsNull(document))
        {
            return; // nothing between two '---', or only comments
        }

        if (document is not YamlNode.Mapping mapping || !IsOurs(mapping))
        {
            _findings.Error(ManifestCodes.NotAManifest, PlaceOfVersion(document),
                $"this document is not of apiVersion {ApiVersion}",
                $"begin it with 'apiVersion: {ApiVersion}', name the file as a 'source', or list it in .gitopsignore");
            return;
        }

        foreach (var entry in mapping.Entries)
        {
            if (!Envelope.Any(field => field.Name == entry.Key))
            {
                UnknownFields.Report(entry, "a resource", Envelope, _findings);
            }
        }

        var kind = KindOf(mapping);
        var metadata = MetadataOf(mapping);
        if (kind is not null && metadata is not null)
        {
            _declared.Add(new(kind.Kind, metadata.Name, mapping.Span));
        }
        else
        {
            _isWhole = false;
        }

        if (kind is null)
        {
            return;
        }

        var spec = mapping.TryGet("spec", out var written) && !Nodes.IsNull(written) ? written : null;
        if (spec is null && kind.Spec.Fields.Any(field => field.Presence == FieldPresence.Required))
        {
            _findings.Error(ManifestCodes.MissingField, mapping.Span, $"the {kind.Kind} has no spec",
                "add 'spec:' with its fields below");
            return;
        }

        var resource = kind.Read(
            metadata ?? new Metadata("", [], []), mapping.Span,
                spec ?? YamlNode.Mapping.Empty with { Span = mapping.Span }, _findings);
        if (metadata is not null && resource is not null)
        {
            _resources.Add(resource);
        }
    }

    private static bool IsOurs(YamlNode.Mapping mapping) =>
        mapping.TryGet("apiVersion", out var version) && version is YamlNode.Scalar { Text: ApiVersion };

    private static SourceSpan PlaceOfVersion(YamlNode document) =>
        document is YamlNode.Mapping mapping && mapping.TryGet("apiVersion", out var version) ? version.Span
            : document.Span;

    private KindShape? KindOf(YamlNode.Mapping mapping)
    {
        if (!mapping.TryGet("kind", out var node) || node is not YamlNode.Scalar kind || Nodes.IsNull(node))
        {
            _findings.Error(ManifestCodes.MissingField, node?.Span ?? mapping.Span, "'kind' is missing",
                $"add 'kind:' with one of {string.Join(", ", KindShapes.ByName.Keys.Order(StringComparer.Ordinal))}");
            return null;
        }

        if (KindShapes.ByName.TryGetValue(kind.Text, out var shape))
        {
            return shape;
        }

        if (kind.IsTemplate)
        {
            _findings.Error(ManifestCodes.TemplateNotAllowed, kind.Span, "'kind' cannot be a template",
                "write the kind out");
        }
        else if (KindShapes.NotEnforcedYet.TryGetValue(kind.Text, out var doc))
        {
            _findings.Error(ManifestCodes.NotEnforcedYet, kind.Span, $"the kind {kind.Text} is not enforced yet: {doc}",
                "remove it until a version that acts on it");
        }
        else
        {
            var known = KindShapes.ByName.Keys.Order(StringComparer.Ordinal).ToArray();
            _findings.Error(ManifestCodes.UnknownKind, kind.Span, $"there is no kind '{Excerpt.Of(kind.Text)}'",
                Spelling.Nearest(kind.Text, known) is { } near ? $"did you mean {near}?"
                    : $"use one of {string.Join(", ", known)}");
        }

        return null;
    }

    private Metadata? MetadataOf(YamlNode.Mapping mapping)
    {
        if (!mapping.TryGet("metadata", out var node) || Nodes.IsNull(node))
        {
            _findings.Error(ManifestCodes.MissingField, mapping.Span, "'metadata' is missing",
                "add 'metadata: {name: <name>}'");
            return null;
        }

        var context = new BindContext(BindMode.Literal, _findings) { Field = "metadata", IsLiteral = true };
        return SharedShapes.Metadata.TryBind(node, context, out var metadata) ? metadata : null;
    }
}
