using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using GitOps.Bundles.Json;
using GitOps.Bundles.Publications;

namespace GitOps.Bundles.Enrolment;

/// <summary>Reads and writes what machines and control plane say to each other at enrolment and renewal; unknown members are tolerated.</summary>
public static class EnrolmentJson
{
    /// <summary>Longest request: a PKCS #10 of a P-256 key has some 500 bytes.</summary>
    public const int MaxRequestBytes = 16 * 1024;

    public static byte[] Write(AuthoritiesAnswer answer) => JsonSerializer.SerializeToUtf8Bytes(answer, EnrolmentContext.Default.AuthoritiesAnswer);

    public static byte[] Write(EnrolRequest request) => JsonSerializer.SerializeToUtf8Bytes(request, EnrolmentContext.Default.EnrolRequest);

    public static byte[] Write(EnrolAnswer answer) => JsonSerializer.SerializeToUtf8Bytes(answer, EnrolmentContext.Default.EnrolAnswer);

    public static byte[] Write(RenewRequest request) => JsonSerializer.SerializeToUtf8Bytes(request, EnrolmentContext.Default.RenewRequest);

    public static byte[] Write(RenewAnswer answer) => JsonSerializer.SerializeToUtf8Bytes(answer, EnrolmentContext.Default.RenewAnswer);

    /// <summary>Null when the bytes are no request of a format this release reads.</summary>
    public static EnrolRequest? TryReadEnrolRequest(ReadOnlySpan<byte> bytes) =>
        TryRead(bytes, EnrolmentContext.Default.EnrolRequest) is { Format: 1 } request ? request : null;

    public static AuthoritiesAnswer? TryReadAuthorities(ReadOnlySpan<byte> bytes) =>
        TryRead(bytes, EnrolmentContext.Default.AuthoritiesAnswer) is { Format: 1 } answer ? answer : null;

    public static EnrolAnswer? TryReadEnrolAnswer(ReadOnlySpan<byte> bytes) =>
        TryRead(bytes, EnrolmentContext.Default.EnrolAnswer) is { Format: 1 } answer ? answer : null;

    public static RenewRequest? TryReadRenewRequest(ReadOnlySpan<byte> bytes) =>
        TryRead(bytes, EnrolmentContext.Default.RenewRequest) is { Format: 1 } request ? request : null;

    public static RenewAnswer? TryReadRenewAnswer(ReadOnlySpan<byte> bytes) =>
        TryRead(bytes, EnrolmentContext.Default.RenewAnswer) is { Format: 1 } answer ? answer : null;

    private static T? TryRead<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(EquatableArrayConverter<string>), typeof(EquatableArrayConverter<DsseSignature>)])]
[JsonSerializable(typeof(AuthoritiesAnswer))]
[JsonSerializable(typeof(EnrolRequest))]
[JsonSerializable(typeof(EnrolAnswer))]
[JsonSerializable(typeof(RenewRequest))]
[JsonSerializable(typeof(RenewAnswer))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(DsseSignature))]
internal sealed partial class EnrolmentContext : JsonSerializerContext;
