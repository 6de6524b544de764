using System.Text;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.State;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Rules;

/// <summary>Two groups of one priority that set one value, or the agent, to different things, on a node that both match.</summary>
internal static class GroupConflicts
{
    private const char Separator = '\u001F'; // cannot be in a key: keys are printable

    /// <summary>The groups of one node; the finding is at the later one by name.</summary>
    public static void Check(ResourceSet set, FindingList findings)
    {
        var settings = new Dictionary<(int Priority, string Path), List<Setting>>();
        foreach (var group in set.Items.OfType<Resource<NodeGroupSpec>>())
        {
            Collect(group, group.Spec.Values, "", settings);
            if (group.Spec.Agent is { } agent)
            {
                // A value has no name that begins with the separator.
                var key = (group.Spec.Priority, $"{Separator}agent");
                settings.TryAdd(key, []);
                settings[key].Add(new(group, group.SpanOf("agent"), agent.ToString()));
            }
        }

        foreach (var ((_, path), setters) in settings)
        {
            var first = setters[0];
            foreach (var setting in setters.Where(setting => setting.Value != first.Value))
            {
                findings.Error(ManifestCodes.GroupConflict, setting.Span,
                    $"the groups '{first.Group.Name}' ({first.Span}) and '{setting.Group.Name}' have priority {setting.Group.Spec.Priority} " +
                    $"and set '{path.TrimStart(Separator).Replace(Separator, '.')}' differently on node '{NodeFindings.Node}'",
                    "give one of them a higher priority, or set it in one of them only");
            }
        }
    }

    private static void Collect(
        Resource<NodeGroupSpec> group, YamlNode.Mapping mapping, string prefix, Dictionary<(int, string),
            List<Setting>> settings)
    {
        foreach (var entry in mapping.Entries)
        {
            var path = prefix.Length == 0 ? entry.Key : $"{prefix}{Separator}{entry.Key}";
            var key = (group.Spec.Priority, path);
            if (!settings.TryGetValue(key, out var list))
            {
                settings.Add(key, list = []);
            }

            var inner = entry.Value as YamlNode.Mapping;
            list.Add(new(group, entry.KeySpan, inner is null ? Canonical(entry.Value) : "{}"));
            if (inner is not null)
            {
                Collect(group, inner, path, settings);
            }
        }
    }

    private static string Canonical(YamlNode node)
    {
        var text = new StringBuilder();
        Write(node, text);
        return text.ToString();
    }

    private static void Write(YamlNode node, StringBuilder text)
    {
        switch (node)
        {
            case YamlNode.Scalar scalar:
                text.Append(scalar.IsPlain ? '=' : '"').Append(scalar.Text).Append(Separator);
                break;
            case YamlNode.Sequence sequence:
                text.Append('[');
                foreach (var item in sequence.Items)
                {
                    Write(item, text);
                }

                text.Append(']');
                break;
            case YamlNode.Mapping mapping:
                text.Append('{');
                foreach (var entry in mapping.Entries.OrderBy(e => e.Key, StringComparer.Ordinal))
                {
                    text.Append(entry.Key).Append(Separator);
                    Write(entry.Value, text);
                }

                text.Append('}');
                break;
        }
    }

    private sealed record Setting(Resource<NodeGroupSpec> Group, SourceSpan Span, string Value);
}
