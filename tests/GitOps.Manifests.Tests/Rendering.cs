using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Tests;

/// <summary>Stands in for the renderer: a scalar that is a template becomes a plain scalar.</summary>
internal static class Rendering
{
    public static YamlNode Replace(YamlNode node, string template, string text) => node switch
    {
        YamlNode.Scalar scalar when scalar.Text == template => scalar with { Text = text, IsPlain = true },
        YamlNode.Scalar scalar => scalar with { Text = scalar.Text.Replace(template, text, StringComparison.Ordinal) },
        YamlNode.Sequence list => list with { Items = [.. list.Items.Select(item => Replace(item, template, text))] },
        YamlNode.Mapping mapping => mapping with
        {
            Entries = [.. mapping.Entries.Select(entry => entry with { Value = Replace(entry.Value, template, text) })],
        },
        _ => node,
    };
}
