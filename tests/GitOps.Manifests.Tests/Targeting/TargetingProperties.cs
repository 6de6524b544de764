using CsCheck;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Tests.Targeting;

public sealed class TargetingProperties
{
    private static readonly Gen<string> Key = Gen.OneOf("a", "b", "c");
    private static readonly Gen<string> Value = Gen.OneOf("1", "2", "3");

    private static readonly Gen<LabelPair> Pair = Gen.Select(Key, Value, (key, value) => new LabelPair(key, value));

    private static readonly Gen<LabelRequirement> Requirement = Gen.Select(
        Key, Gen.OneOf(LabelOperator.In, LabelOperator.NotIn, LabelOperator.Exists, LabelOperator.DoesNotExist), Value.Array[1, 2],
        (key, op, values) => new LabelRequirement(key, op, op is LabelOperator.In or LabelOperator.NotIn ? [.. values] : []));

    private static readonly Gen<YamlNode.Mapping> Values = Gen.Recursive<YamlNode.Mapping>((depth, inner) => Gen.Select(
        Key,
        depth > 3 ? Value.Select(text => (YamlNode)new YamlNode.Scalar(default, text, IsPlain: true))
            : Gen.OneOf(inner.Select(node => (YamlNode)node), Value.Select(text => (YamlNode)new YamlNode.Scalar(default, text, IsPlain: true))))
        .Array[0, 3].Select(entries => new YamlNode.Mapping(
            default, [.. entries.DistinctBy(entry => entry.Item1).Select(entry => new YamlEntry(entry.Item1, default, entry.Item2))])));

    [Fact]
    public void The_index_selects_what_looking_at_every_node_selects() =>
        Gen.Select(Pair.Array[0, 3].Array[0, 12], Pair.Array[0, 2], Requirement.Array[0, 2]).Sample((labels, match, expressions) =>
        {
            var nodes = labels.Select((set, i) => Node($"n{i}", [.. set.DistinctBy(pair => pair.Key)])).ToList();
            var selector = new LabelSelector([.. match.DistinctBy(pair => pair.Key)], [.. expressions]);
            var selected = new NodeIndex(nodes).Select(selector).Select(node => node.Name);
            var looked = nodes.Where(node => selector.Matches(NodeLabels.Of(node))).Select(node => node.Name).Order(StringComparer.Ordinal);
            return selected.SequenceEqual(looked);
        });

    [Fact]
    public void NotIn_holds_where_the_label_is_absent() =>
        Assert.True(new LabelRequirement("x", LabelOperator.NotIn, ["1"]).Matches(NodeLabels.Of(Node("n", []))));

    [Fact]
    public void Laying_the_same_values_above_again_changes_nothing() =>
        Gen.Select(Values, Values).Sample((lower, upper) =>
        {
            var once = MergedValues.Merge(lower, upper);
            return Text(MergedValues.Merge(once, upper)) == Text(once);
        });

    [Fact]
    public void Every_leaf_laid_above_is_found_in_the_merge() =>
        Gen.Select(Values, Values).Sample((lower, upper) =>
        {
            var merged = MergedValues.Merge(lower, upper);
            return Leaves(upper, []).All(leaf => Find(merged, leaf.Path) is YamlNode.Scalar scalar && ReferenceEquals(scalar, leaf.Scalar));
        });

    [Fact]
    public void Values_come_from_the_nearest_and_keep_the_place_that_set_them()
    {
        var manifest = ManifestParser.Parse(Fleets.Example).Manifest;
        Assert.True(manifest.Nodes.TryGet("press-1", out var node));
        Assert.True(manifest.Sites.TryGet("berlin", out var site));

        var values = MergedValues.For(manifest.Fleet!.Spec, site.Spec, manifest.Groups, node.Spec);

        Assert.Equal("nodes/nodes.yaml:4:43", Find(values, ["web", "port"])!.Span.ToString());
        Assert.Equal("nodes/nodes.yaml:22:27", Find(values, ["web", "threads"])!.Span.ToString());
        Assert.Equal("hallo", Assert.IsType<YamlNode.Scalar>(Find(values, ["motd"])).Text);
    }

    private static Resource<EdgeNodeSpec> Node(string name, LabelPair[] labels) => new(
        ResourceKind.EdgeNode, new Metadata(name, [.. labels], []), default, YamlNode.Mapping.Empty,
        new EdgeNodeSpec(null, NodeArchitecture.Amd64, [], YamlNode.Mapping.Empty, null))
    { HasTemplates = false };

    private static IEnumerable<(string[] Path, YamlNode.Scalar Scalar)> Leaves(YamlNode node, string[] path) => node switch
    {
        YamlNode.Scalar scalar => [(path, scalar)],
        YamlNode.Mapping mapping => mapping.Entries.SelectMany(entry => Leaves(entry.Value, [.. path, entry.Key])),
        _ => [],
    };

    private static YamlNode? Find(YamlNode node, string[] path) => path switch
    {
        [] => node,
        [var key, .. var rest] => node is YamlNode.Mapping mapping && mapping.TryGet(key, out var value) ? Find(value, rest) : null,
    };

    private static string Text(YamlNode node) => node switch
    {
        YamlNode.Scalar scalar => scalar.Text,
        YamlNode.Mapping mapping => "{" + string.Join(",", mapping.Entries.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}:{Text(e.Value)}")) + "}",
        _ => "",
    };
}
