using System.Collections.Immutable;
using System.Diagnostics;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Reconciler.Rendering;

/// <summary>
/// Renders a resource's spec: scalars that hold a template are replaced by what they give, <c>$value: path</c> by the value
/// at that path. Nothing else changes the structure, so a value can never add a field.
/// </summary>
internal sealed class TreeRenderer(
    FleetSource source, TemplateCache templates, RenderScope scope, RenderContext context, ContentCode contents, FindingList findings)
{
    private const string ValueKey = "$value";
    private readonly List<HoleUse> _holes = [];

    /// <summary>The secrets that what was rendered needs.</summary>
    public IReadOnlyList<HoleUse> Holes => _holes;

    public YamlNode.Mapping Render(ResourceKind kind, YamlNode.Mapping spec) => (YamlNode.Mapping)Render(spec, new Place(kind, []));

    private YamlNode Render(YamlNode node, Place place) => node switch
    {
        YamlNode.Mapping { Entries: [{ Key: ValueKey } only] } when !place.IsData => Render(Value(only), place with { IsData = true }),
        YamlNode.Mapping mapping => mapping with
        {
            Entries = ImmutableArray.CreateRange(mapping.Entries, entry => entry with { Value = Render(entry.Value, place.Below(entry.Key)) }),
        },
        YamlNode.Sequence sequence => sequence with
        {
            Items = ImmutableArray.CreateRange(sequence.Items, item => Render(item, place.Below("*"))),
        },
        YamlNode.Scalar scalar when place.IsData || !scalar.IsTemplate => place.IsContent
            ? scalar with { Text = contents.Encode([new RenderedPart.Text(scalar.Text)]) }
            : scalar,
        YamlNode.Scalar scalar => Render(scalar, place.IsContent),
        _ => throw new UnreachableException(node.ToString()),
    };

    private YamlNode.Scalar Render(YamlNode.Scalar scalar, bool isContent)
    {

        switch (TemplateRun.Render(templates.Get(scalar.Text), scope, context, allowSecrets: isContent))
        {
            case Rendered.Plain plain:
                return scalar with { Text = isContent ? plain.AsText : plain.Value, IsPlain = !isContent };
            case Rendered.Text(var parts) when isContent:
                _holes.AddRange(parts.OfType<RenderedPart.Hole>().Select(part => new HoleUse(
                    part.Secret.Name, () => TemplatePlaces.InScalar(source, scalar, part.Secret.Span))));
                return scalar with { Text = contents.Encode(parts), IsPlain = false };
            case Rendered.Text(var parts):
                return scalar with { Text = string.Concat(parts.OfType<RenderedPart.Text>().Select(p => p.Value)), IsPlain = false };
            case Rendered.Failed(var errors):
                foreach (var error in errors)
                {
                    findings.Error(error.Code, TemplatePlaces.InScalar(source, scalar, error.Span), error.What, error.Fix);
                }

                return scalar with { Text = "", IsPlain = false };
            default:
                throw new UnreachableException();
        }
    }

    private YamlNode Value(YamlEntry entry)
    {
        if (entry.Value is not YamlNode.Scalar { IsTemplate: false } path)
        {
            return Missing(entry.Value, "$value wants the path of a value", "write it as '$value: path.to.value'");
        }

        YamlNode node = scope.Values;
        var walked = "values";
        var names = path.Text.StartsWith("values.", StringComparison.Ordinal) ? path.Text["values.".Length..] : path.Text;
        foreach (var name in names.Split('.'))
        {
            if (node is not YamlNode.Mapping mapping)
            {
                return Missing(path, $"'{walked}' is no mapping, so it has no member '{name}'", "correct the path, or the values");
            }

            if (!mapping.TryGet(name, out var next))
            {
                return Missing(path, $"'{walked}' has no member '{name}'", Similar.Fix(name, mapping.Entries.Select(e => e.Key),
                    "define it in the values of the Fleet, a Site, a NodeGroup or the EdgeNode"));
            }

            (node, walked) = (next, $"{walked}.{name}");
        }

        return node;
    }

    private YamlNode.Scalar Missing(YamlNode at, string what, string fix)
    {
        findings.Error(RenderCodes.BadValuePath, at.Span, what, fix);
        return new YamlNode.Scalar(at.Span, "", IsPlain: false);
    }

    /// <summary>
    /// Where in a spec we are, to know the fields the agent puts secrets into. Inside of inserted values
    /// (<paramref name="IsData"/>) nothing is rendered or inserted again.
    /// </summary>
    private readonly record struct Place(ResourceKind Kind, ImmutableArray<string> Path, bool IsData = false)
    {
        public bool IsContent => Kind switch
        {
            ResourceKind.ConfigFile => Path is ["content"],
            ResourceKind.Workload => Path is ["process", "files", _, "content"] or ["process", "env", _],
            ResourceKind.EdgeX => Path is ["headers", _],
            ResourceKind.Device => Path is ["connection", "headers", _] or ["connection", "mapper", "config", _],
            _ => false,
        };

        public Place Below(string key) => this with { Path = Path.Add(key) };
    }
}
