using System.Text.Json.Serialization;

namespace GitOps.ControlPlane.Api;

/// <summary>Everything the people's API says; readers tolerate members they do not know.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(NodePage))]
[JsonSerializable(typeof(NodeDocument))]
[JsonSerializable(typeof(NodeSummary))]
[JsonSerializable(typeof(DevicePage))]
[JsonSerializable(typeof(ValuePage))]
[JsonSerializable(typeof(RevisionPage))]
[JsonSerializable(typeof(RemovalDocument))]
[JsonSerializable(typeof(RetryDocument))]
[JsonSerializable(typeof(AuditPage))]
[JsonSerializable(typeof(EnrolmentDocument))]
[JsonSerializable(typeof(NewEnrolmentDocument))]
[JsonSerializable(typeof(EnrolmentPage))]
[JsonSerializable(typeof(RecipientPage))]
public sealed partial class ApiJson : JsonSerializerContext;
