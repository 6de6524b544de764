using GitOps.Bundles;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Targeting;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>Labels, selectors and placement.</summary>
internal static class TargetingShapes
{
    public static readonly Shape<string> LabelKey = Scalars.OfText("label key", "a label key",
        "use letters, digits, '-', '_' and '.', at most 63 characters, with a DNS prefix and '/' in front where needed",
        LabelText.IsKey, ScalarForms.LabelKey);

    public static readonly Shape<string> LabelValue = Scalars.OfText("label value", "a label value",
        "use letters, digits, '-', '_' and '.', at most 63 characters", LabelText.IsValue, ScalarForms.LabelValue);

    public static readonly Shape<EquatableArray<LabelPair>> Labels =
        new MapShape<string, LabelPair>("label", LabelKey, LabelValue, (key, value) => new(key, value));

    private static readonly Shape<LabelOperator> Operator = Scalars.OneOf(
                ("In", LabelOperator.In), ("NotIn", LabelOperator.NotIn),
                ("Exists", LabelOperator.Exists), ("DoesNotExist", LabelOperator.DoesNotExist));

    private static readonly Shape<EquatableArray<string>> Values = new ListShape<string>(LabelValue);

    private static readonly Shape<EquatableArray<LabelRequirement>> Expressions =
        new ListShape<LabelRequirement>(new ObjectShape<LabelRequirement>("expression", f => new(
            f.Required("key", LabelKey, "the label"),
            f.Required("operator", Operator, "how it is compared"),
            f.Default("values", Values, [], "for In and NotIn: the values")))
        {
            Rules =
            [
                new("In and NotIn take values; Exists and DoesNotExist take none", (expression, node, findings) =>
                {
                    if (expression.Operator is LabelOperator.In or LabelOperator.NotIn == expression.Values.IsEmpty)
                    {
                        findings.Error(ManifestCodes.InvalidValue, node.Span,
                            $"the operator {expression.Operator} takes {(expression.Values.IsEmpty ? "values" : "no values")}",
                            expression.Values.IsEmpty ? "add values: [a, b]" : "remove 'values'");
                    }
                }),
            ],
        });

    public static readonly Shape<LabelSelector> Selector = new ObjectShape<LabelSelector>("selector", f => new(
        f.Default("matchLabels", Labels, [], "labels that a node must have", literal: true),
        f.Default("matchExpressions", Expressions, [], "expressions that must hold", literal: true)))
    {
        Rules = [new("a selector names at least one label", (selector, node, findings) =>
        {
            if (selector.MatchLabels.IsEmpty && selector.MatchExpressions.IsEmpty)
            {
                findings.Error(ManifestCodes.InvalidValue, node.Span,
                    "the selector is empty, which could mean all nodes or none",
                    "name a label; for all nodes a placement says {all: true}, and values belong into the Fleet");
            }
        })],
    };

    private static readonly Shape<EquatableArray<string>> Nodes =
        new ListShape<string>(Scalars.Name, key: name => name);

    public static readonly Shape<Placement> Placement = new ObjectShape<Placement>("placement", f => PlacementOf(
        f.Default("all", Scalars.Bool, false, "every node of the fleet", literal: true),
        f.Default("matchLabels", Labels, [], "nodes with all of these labels", literal: true),
        f.Default("matchExpressions", Expressions, [], "nodes for which all of these hold", literal: true),
        f.Default("nodes", Nodes, [], "nodes by name", literal: true)))
    {
        Rules = [new("exactly one of `all: true`, a selector (`matchLabels`, `matchExpressions`), `nodes`",
            CheckPlacement)],
    };

    private static Placement PlacementOf(
        bool all, EquatableArray<LabelPair> labels, EquatableArray<LabelRequirement> expressions,
            EquatableArray<string> nodes) =>
        all ? new Placement.All()
        : !nodes.IsEmpty ? new Placement.Nodes(nodes)
        : new Placement.Matching(new(labels, expressions));

    private static void CheckPlacement(Placement placement, YamlNode.Mapping node, FindingList findings)
    {
        var ways = (node.TryGet("all", out _) ? 1 : 0) + (node.TryGet("nodes", out _) ? 1 : 0) +
            (node.TryGet("matchLabels", out _) || node.TryGet("matchExpressions", out _) ? 1 : 0);
        if (ways != 1)
        {
            findings.Error(ManifestCodes.ExclusiveFields, node.Span,
                ways == 0 ? "the placement is empty, which could mean all nodes or none"
                    : "the placement says two things",
                "write exactly one of {all: true}, {matchLabels: {…}, matchExpressions: […]} and {nodes: […]}");
        }
        else if (placement is Placement.Matching
        {
            Selector:
            {
                MatchLabels.IsEmpty: true,
                MatchExpressions.IsEmpty: true
            }
        })
        {
            findings.Error(ManifestCodes.InvalidValue, node.Span, "the placement selects nothing",
                "write {all: true}, a label, or the name of a node; to take a resource from all nodes, delete it");
        }
    }
}

/// <summary>What Kubernetes allows in labels, so that they mean the same there.</summary>
internal static class LabelText
{
    public static bool IsValue(string text) => text.Length == 0 || IsName(text);

    public static bool IsKey(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? IsName(text)
            : IsName(text[(slash + 1)..]) && slash <= 253 && text[..slash].Split('.').All(part => Label.IsValid(part));
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= 63 && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]) &&
        text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
