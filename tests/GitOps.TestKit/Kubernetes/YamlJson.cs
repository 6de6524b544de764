using System.Text;
using System.Text.Json.Nodes;
using GitOps.Manifests;
using GitOps.Manifests.Yaml;
using Xunit;

namespace GitOps.TestKit.Kubernetes;

/// <summary>YAML as a Kubernetes API server would take it: as JSON, with the types of the YAML 1.2 core schema.</summary>
public static class YamlJson
{
    /// <summary>Every document of a file; fails when it cannot be read.</summary>
    public static IReadOnlyList<JsonObject> Read(string name, string yaml)
    {
        var findings = new FindingList();
        var documents = YamlReader.Read(new SourceFile(name, Encoding.UTF8.GetBytes(yaml)), YamlLimits.Default, findings);
        Assert.Equal([], findings.ToSorted().Select(finding => finding.ToString()));
        return [.. documents.Select(document => Convert(document)!.AsObject())];
    }

    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlNode.Mapping mapping => new JsonObject(mapping.Entries.Select(entry => KeyValuePair.Create(entry.Key, Convert(entry.Value)))),
        YamlNode.Sequence sequence => new JsonArray([.. sequence.Items.Select(Convert)]),
        YamlNode.Scalar { IsPlain: true } scalar when PlainScalar.IsNull(scalar.Text) => null,
        YamlNode.Scalar { IsPlain: true } scalar when PlainScalar.TryBool(scalar.Text, out var value) => value,
        YamlNode.Scalar { IsPlain: true } scalar when PlainScalar.TryInteger(scalar.Text, out var value) => (long)value,
        YamlNode.Scalar scalar => scalar.Text,
        _ => throw new System.Diagnostics.UnreachableException(node.ToString()),
    };
}
