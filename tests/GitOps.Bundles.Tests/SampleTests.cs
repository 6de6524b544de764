using System.Collections;
using System.Reflection;
using System.Text.Json.Serialization;
using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

/// <summary>The samples that hold the bytes of format 1 leave nothing out.</summary>
public sealed class SampleTests
{
    [Fact]
    public void Every_member_of_a_unit_is_in_a_sample()
    {
        var written = new HashSet<PropertyInfo>();
        Collect(Samples.Bundle, written);
        Collect(GroupSamples.Bundle, written);
        Collect(GateSamples.Bundle, written);
        Collect(LinkSamples.Bundle, written);
        Collect(DeviceSamples.Bundle, written);
        Collect(MapperSamples.Bundle, written);
        Collect(ClockSamples.Bundle, written);
        Collect(ClockSamples.Ptp, written);
        Collect(AgentSamples.Bundle, written);
        Collect(SyncSamples.Bundle, written);
        Collect(SyncSamples.Backup, written);
        Collect(SyncSamples.Replica, written);
        Collect(EdgeXSamples.Bundle, written);
        Collect(VolumeSamples.Image, written);
        Collect(VolumeSamples.Reserve, written);

        var all = typeof(UnitSpec).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(UnitSpec).Namespace && type is { IsAbstract: false, IsPublic: true } && !type.IsDefined(typeof(JsonConverterAttribute)))
            .SelectMany(Members);
        Assert.Equal([], all.Where(member => !written.Contains(member)).Select(member => $"{member.DeclaringType!.Name}.{member.Name}"));
    }

    /// <summary>Members that would be in the JSON of this object, here and below.</summary>
    private static void Collect(object node, HashSet<PropertyInfo> written)
    {
        if (node is IEnumerable list and not string)
        {
            foreach (var item in list)
            {
                Collect(item!, written);
            }
        }
        else if (node.GetType().Assembly == typeof(UnitSpec).Assembly)
        {
            foreach (var member in Members(node.GetType()))
            {
                if (member.GetValue(node) is { } value && !IsLeftOut(member, value))
                {
                    written.Add(member);
                    Collect(value, written);
                }
            }
        }
    }

    private static IEnumerable<PropertyInfo> Members(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(member => member.GetIndexParameters().Length == 0 && member.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition != JsonIgnoreCondition.Always);

    private static bool IsLeftOut(PropertyInfo member, object value) =>
        member.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition == JsonIgnoreCondition.WhenWritingDefault &&
        value.Equals(member.PropertyType.IsValueType ? Activator.CreateInstance(member.PropertyType) : null);
}
