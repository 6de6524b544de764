using System.Diagnostics;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;
using GitOps.Manifests.Yaml;

namespace GitOps.Reconciler.Provenance;

/// <summary>Things of the manifests on one line, as they would be written.</summary>
internal static class Words
{
    private const int Longest = 100;

    public static string Of(Resource resource) => $"{resource.Kind} '{resource.Name}'";

    public static string Of(YamlNode node)
    {
        var text = Write(node);
        return text.Length <= Longest ? text : $"{text[..Longest]}…";
    }

    public static string Of(Placement placement) => placement switch
    {
        Placement.All => "all: true",
        Placement.Matching(var selector) => Of(selector),
        Placement.Nodes(var names) => $"nodes: [{string.Join(", ", names.Take(5))}{(names.Count > 5 ? $" and {names.Count - 5} more" : "")}]",
        _ => throw new UnreachableException(placement.ToString()),
    };

    public static string Of(LabelSelector selector) => string.Join(", ",
        selector.MatchLabels.Select(label => $"{label.Key}={label.Value}").Concat(selector.MatchExpressions.Select(Of)));

    private static string Of(LabelRequirement requirement) => requirement.Operator switch
    {
        LabelOperator.In => $"{requirement.Key} in ({string.Join(", ", requirement.Values)})",
        LabelOperator.NotIn => $"{requirement.Key} not in ({string.Join(", ", requirement.Values)})",
        LabelOperator.Exists => $"{requirement.Key} exists",
        _ => $"{requirement.Key} does not exist",
    };

    private static string Write(YamlNode node) => node switch
    {
        YamlNode.Scalar { IsPlain: true } plain => plain.Text,
        YamlNode.Scalar quoted => $"\"{quoted.Text.Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"",
        YamlNode.Sequence list => $"[{string.Join(", ", list.Items.Select(Write))}]",
        YamlNode.Mapping mapping => $"{{{string.Join(", ", mapping.Entries.Select(e => $"{e.Key}: {Write(e.Value)}"))}}}",
        _ => throw new UnreachableException(node.ToString()),
    };
}
