using System.Text.Json;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Publications;

/// <summary>
/// What time it is, said to one who asked with a nonce of its own: nobody can have kept it from before. For nodes whose clock
/// is too wrong to judge certificates by.
/// </summary>
public sealed record TimeStatement
{
    public const string PayloadType = "application/vnd.gitops.time.v1+json";

    /// <summary>Of a nonce, in hexadecimal digits: 128 bits.</summary>
    public const int NonceLength = 32;

    public int Format { get; init; } = 1;

    public required string Fleet { get; init; }

    /// <summary>As it was asked with; see <see cref="IsNonce"/>.</summary>
    public required string Nonce { get; init; }

    /// <summary>When it was signed: past, once it is read.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public static bool IsNonce(string text) => text.Length == NonceLength && text.All(char.IsAsciiHexDigitLower);

    public DsseEnvelope Sign(ISigner signer) => DsseEnvelope.Sign(
        PayloadType, CanonicalJson.Write(JsonSerializer.SerializeToElement(this, BundleContext.Default.TimeStatement)), signer);

    /// <summary>Null when the bytes are no answer to this nonce, of this fleet, signed by one of the keys.</summary>
    public static TimeStatement? TryRead(ReadOnlySpan<byte> bytes, string fleet, string nonce, EquatableArray<TrustedKey> keys)
    {
        if (DsseEnvelope.TryRead(bytes) is not { } envelope ||
            envelope.Open(PayloadType, keys, threshold: 1) is not SignedPayload.Opened(var payload))
        {
            return null;
        }

        try
        {
            var statement = JsonSerializer.Deserialize(payload.Span, BundleContext.Default.TimeStatement);
            return statement is { Format: 1 } && statement.Fleet == fleet && statement.Nonce == nonce ? statement : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
