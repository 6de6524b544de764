using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles;

namespace GitOps.Reconciler.Rollouts;

/// <summary>A list of names as a JSON array.</summary>
internal sealed class StringArrayConverter : JsonConverter<EquatableArray<string>>
{
    public override EquatableArray<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        (JsonSerializer.Deserialize(ref reader, RolloutContext.Default.StringArray) ?? throw new JsonException("expected names"))
            .ToEquatableArray();

    public override void Write(Utf8JsonWriter writer, EquatableArray<string> value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, [.. value], RolloutContext.Default.StringArray);
}

/// <summary>Devices and the nodes that are to let go of them, as a JSON array.</summary>
internal sealed class DeviceLeavesConverter : JsonConverter<EquatableArray<DeviceLeave>>
{
    public override EquatableArray<DeviceLeave> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        (JsonSerializer.Deserialize(ref reader, RolloutContext.Default.DeviceLeaveArray) ?? throw new JsonException("expected devices"))
            .ToEquatableArray();

    public override void Write(Utf8JsonWriter writer, EquatableArray<DeviceLeave> value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, [.. value], RolloutContext.Default.DeviceLeaveArray);
}
