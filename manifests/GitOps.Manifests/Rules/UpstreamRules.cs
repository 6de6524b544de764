using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;
using DeviceSpec = GitOps.Manifests.Kinds.DeviceSpec;

namespace GitOps.Manifests.Rules;

/// <summary>Whether values that are to go up ever will.</summary>
internal static class UpstreamRules
{
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);

    /// <param name="poll">How often the property is read; null: only when needed.</param>
    public static void Check(DeviceProperty property, ReportRule rule, TimeSpan? poll, SourceSpan span, FindingList findings)
    {
        var isNumber = property.Type is not (DeviceValueType.Bool or DeviceValueType.String);
        if (rule is { Deadband: null, EveryMs: null })
        {
            Refuse($"the upstream of '{property.Name}' says nothing", "write every: 1m, or deadband: 0 for each change, or both");
        }

        if (rule.EveryMs < ShortestInterval.TotalMilliseconds)
        {
            Refuse($"'{property.Name}' would go up every {rule.EveryMs} ms", "write an interval of at least 1s; minimum, maximum and mean of it go up too");
        }

        if (rule.Deadband is { } deadband && (deadband < 0 || (deadband > 0 && !isNumber)))
        {
            Refuse($"the upstream deadband of '{property.Name}' is {DecimalText.Format(deadband)}, and the property is of type {Words.Of(property.Type)}",
                "a deadband is 0 or more, and 0 for what is no number");
        }

        if (poll is null || property.Access == DeviceAccess.Write)
        {
            Refuse($"'{property.Name}' is to go up and is not polled", "give the property a poll, and an access with r");
        }

        void Refuse(string what, string fix) => findings.Error(ManifestCodes.Upstream, span, what, fix);
    }

    /// <summary>Of a device: its own rules, those of its model by how often it is read, and its buffer.</summary>
    public static void Check(DeviceSpec device, DeviceModelSpec model, YamlNode.Mapping tree, FindingList findings)
    {
        var span = tree.TryGet("upstream", out var written) ? written.Span : tree.Span;
        foreach (var (name, rule) in device.Upstream)
        {
            if (DeviceRules.Find(model, name, span, findings) is { } property)
            {
                Check(property, rule, PollOf(property), span, findings);
            }
        }

        foreach (var property in model.Properties.Where(property => property.Upstream is not null && !device.Upstream.Any(own => own.Property == property.Name)))
        {
            if (PollOf(property) is null && property.PollMs is not null)
            {
                Check(property, property.Upstream!, null, tree.TryGet("poll", out var polls) ? polls.Span : tree.Span, findings);
            }
        }

        if (device.UpstreamBuffer is not null && device.Upstream.IsEmpty && !model.Properties.Any(property => property.Upstream is not null))
        {
            findings.Error(ManifestCodes.UpstreamBuffer, tree.TryGet("upstreamBuffer", out var buffer) ? buffer.Span : tree.Span,
                "nothing of this device goes up, and it has a buffer for that", "write upstream: here or at properties of the model, or remove upstreamBuffer");
        }

        TimeSpan? PollOf(DeviceProperty property) =>
            device.Polls.FirstOrDefault(poll => poll.Property == property.Name) is { } own ? own.Every > TimeSpan.Zero ? own.Every : null
            : property.PollMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null;
    }
}
