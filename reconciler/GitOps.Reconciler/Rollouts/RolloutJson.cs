using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitOps.Reconciler.Rollouts;

/// <summary>Keeps a rollout across a restart of the control plane.</summary>
public static class RolloutJson
{
    public static byte[] Write(RolloutState state) => JsonSerializer.SerializeToUtf8Bytes(state, RolloutContext.Default.RolloutState);

    /// <summary>Null when the bytes are no rollout of a format this release reads.</summary>
    public static RolloutState? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, RolloutContext.Default.RolloutState) is { Format: 1 } state ? state : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(StringArrayConverter), typeof(DeviceLeavesConverter)])]
[JsonSerializable(typeof(RolloutState))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(DeviceLeave[]))]
internal sealed partial class RolloutContext : JsonSerializerContext;
