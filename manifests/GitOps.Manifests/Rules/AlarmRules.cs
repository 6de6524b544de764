using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Rules;

/// <summary>Whether the alarms of a model, or of a device, can ever be raised, and cease.</summary>
internal static class AlarmRules
{
    /// <param name="polls">What the device says of them, instead of the model.</param>
    /// <param name="node">The tree that has the alarms.</param>
    public static void Check(
        EquatableArray<AlarmRule> alarms, DeviceModelSpec model, EquatableArray<PropertyPoll> polls, YamlNode.Mapping node, FindingList findings)
    {
        var span = node.TryGet("alarms", out var written) ? written.Span : node.Span;
        foreach (var alarm in alarms)
        {
            var limits = (alarm.Above is null ? 0 : 1) + (alarm.Below is null ? 0 : 1) + (alarm.EqualTo is null ? 0 : 1);
            if (limits != 1)
            {
                findings.Error(ManifestCodes.DesiredValue, span, $"the alarm '{alarm.Name}' has {limits} of above, below and equals",
                    "write one of them; two limits are two alarms");
            }

            if (alarm.Hysteresis is { } hysteresis && (hysteresis < 0 || alarm.EqualTo is not null))
            {
                findings.Error(ManifestCodes.DesiredValue, span, $"the hysteresis of the alarm '{alarm.Name}' does nothing",
                    "a hysteresis is 0 or more, and for above and below only");
            }

            if (model.Properties.FirstOrDefault(property => property.Name == alarm.Property) is not { } property)
            {
                var near = Spelling.Nearest(alarm.Property, model.Properties.Select(p => p.Name));
                findings.Error(ManifestCodes.DesiredValue, span, $"the alarm '{alarm.Name}' is about the property '{alarm.Property}', which the model has not",
                    near is null ? "add it to the model, or correct the name" : $"did you mean '{near}'?");
                continue;
            }

            if (polls.FirstOrDefault(poll => poll.Property == property.Name) is { } own ? own.Every <= TimeSpan.Zero : property.PollMs is null)
            {
                findings.Error(ManifestCodes.DesiredValue, span, $"the alarm '{alarm.Name}' is about '{property.Name}', which is not polled",
                    "give the property a poll, and an access with r");
            }

            var isNumber = property.Type is not (DeviceValueType.Bool or DeviceValueType.String);
            if (alarm.EqualTo is { } value ? value.As(property.ValueType) is null : !isNumber)
            {
                findings.Error(ManifestCodes.DesiredValue, span,
                    $"the alarm '{alarm.Name}' is about '{property.Name}', which is of type {Words.Of(property.Type)}{(alarm.EqualTo is null ? " and has no limit" : $" and never equals {alarm.EqualTo}")}",
                    isNumber ? "write a number" : "write equals: with a value of the type");
            }
        }
    }
}
