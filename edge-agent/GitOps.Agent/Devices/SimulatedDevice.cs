using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>
/// What a simulated device says: the initial value, and noise that is a function of seed, property and the second. Two
/// devices of one seed say the same.
/// </summary>
public static class SimulatedDevice
{
    public static DeviceValue Value(DeviceSpec spec, DeviceProperty property, DateTimeOffset now)
    {
        var value = property.Simulate?.Initial ?? Default(property.Type);
        return value is DeviceValue.Number(var number) && property.Simulate?.Noise is { } noise
            ? new DeviceValue.Number(Rounded(property, number + (noise * Wave(spec.Connection.Seed ?? 0, property.Name, now))))
            : value;
    }

    /// <summary>What was written to a simulated device, by property, as it is kept on disk.</summary>
    public static byte[] Write(ImmutableSortedDictionary<string, string> written) =>
        JsonSerializer.SerializeToUtf8Bytes(new SimulatedDocument(1, written), SimulatedContext.Default.SimulatedDocument);

    public static ImmutableSortedDictionary<string, string>? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, SimulatedContext.Default.SimulatedDocument) is { Format: 1 } document
                ? document.Written
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>−1 to 1 in thousandths.</summary>
    private static decimal Wave(int seed, string property, DateTimeOffset now)
    {
        var bytes = Convert.FromHexString(Digest.Of(Encoding.UTF8.GetBytes($"{seed} {property} {now.ToUnixTimeSeconds()}")).Hex[..8]);
        return ((decimal)(BinaryPrimitives.ReadUInt32BigEndian(bytes) % 2_001) / 1_000) - 1;
    }

    private static decimal Rounded(DeviceProperty property, decimal value) =>
        property.ValueType is DeviceValueType.Float32 or DeviceValueType.Float64 ? value : Math.Round(value, MidpointRounding.AwayFromZero);

    private static DeviceValue Default(DeviceValueType type) => type switch
    {
        DeviceValueType.Bool => new DeviceValue.Boolean(false),
        DeviceValueType.String => new DeviceValue.Text(""),
        _ => new DeviceValue.Number(0),
    };
}

internal sealed record SimulatedDocument(int Format, ImmutableSortedDictionary<string, string> Written);

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SimulatedDocument))]
internal sealed partial class SimulatedContext : JsonSerializerContext;
