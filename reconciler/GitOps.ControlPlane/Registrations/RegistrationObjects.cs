using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Manifests.Registrations;

namespace GitOps.ControlPlane.Registrations;

/// <summary>An <see cref="EdgeRegistration"/> as the API server says it; what of it is not read here is left out.</summary>
internal sealed record RegistrationObject(ObjectMetadata Metadata, EdgeRegistrationSpec? Spec)
{
    public RegistrationStatus? Status { get; init; }
}

internal sealed record ObjectMetadata(string Name)
{
    public long Generation { get; init; }

    public string? ResourceVersion { get; init; }

    /// <summary>Set by every API server.</summary>
    public DateTimeOffset? CreationTimestamp { get; init; }
}

internal sealed record RegistrationList(ListMetadata Metadata, RegistrationObject[] Items);

internal sealed record ListMetadata
{
    public string? ResourceVersion { get; init; }

    public string? Continue { get; init; }
}

/// <summary>A line of a watch.</summary>
internal sealed record WatchLine(string Type, JsonElement Object);

/// <summary>A Status of Kubernetes (meta/v1).</summary>
internal sealed record ApiStatus
{
    public int Code { get; init; }

    public string? Message { get; init; }
}

internal sealed record StatusPatch(RegistrationStatus Status);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RegistrationObject))]
[JsonSerializable(typeof(RegistrationList))]
[JsonSerializable(typeof(WatchLine))]
[JsonSerializable(typeof(ApiStatus))]
[JsonSerializable(typeof(StatusPatch))]
internal sealed partial class RegistrationJson : JsonSerializerContext;
