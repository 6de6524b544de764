using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Identity;

/// <summary>
/// The fleet a control plane is for. It is taken from the first revision read and kept, because certificates, topics and
/// store paths carry it: a revision with another uid is another fleet and needs another data directory.
/// </summary>
public static class FleetPin
{
    private const int LimitBytes = 4096;

    /// <summary>The uid; null before the first revision.</summary>
    /// <exception cref="InvalidDataException">The file is there and is not what was written.</exception>
    public static string? Read(IFileLayer layer, DataDirectory data)
    {
        if (layer.Read(data.Fleet, LimitBytes) is not { } bytes)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, FleetPinJson.Default.FleetPinFile) is { Format: 1 } file
                ? file.Uid
                : throw new InvalidDataException($"{data.Fleet} has a format this release does not read");
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"{data.Fleet} cannot be read; restore it from a backup", damaged);
        }
    }

    /// <summary>Keeps the uid. Called once; the same uid again changes nothing.</summary>
    /// <exception cref="InvalidOperationException">Another uid is kept already.</exception>
    public static void Keep(IFileLayer layer, DataDirectory data, string uid)
    {
        switch (Read(layer, data))
        {
            case null:
                data.Ensure(layer);
                AtomicFile.Write(
                    layer, data.Fleet, JsonSerializer.SerializeToUtf8Bytes(new FleetPinFile(1, uid), FleetPinJson.Default.FleetPinFile));
                break;
            case { } kept when kept != uid:
                throw new InvalidOperationException($"this data directory belongs to fleet {kept}, not to {uid}");
        }
    }
}

internal sealed record FleetPinFile(int Format, string Uid);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(FleetPinFile))]
internal sealed partial class FleetPinJson : JsonSerializerContext;
