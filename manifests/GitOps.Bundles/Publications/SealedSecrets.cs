using System.Text.Json;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Publications;

/// <summary>A secret as only one node can open it.</summary>
/// <param name="Version">The digest of what Git holds: what a hole asks for.</param>
/// <param name="Age">A file of age v1, base64. Its plaintext is a JSON object, key to text.</param>
public sealed record SealedSecret(Digest Version, string Age)
{
    /// <summary>Null when it is not base64.</summary>
    public byte[]? TryDecode()
    {
        var bytes = new byte[Age.Length];
        return Convert.TryFromBase64String(Age, bytes, out var length) ? bytes[..length] : null;
    }
}

/// <summary>
/// The secrets of one node, beside its bundle and apart from it: sealing them again, to another key or because the node has a
/// new one, changes no bundle.
/// </summary>
public sealed record SealedSecrets
{
    public const string PayloadType = "application/vnd.gitops.sealed.v1+json";

    public int Format { get; init; } = 1;

    public required string Fleet { get; init; }

    public required string Node { get; init; }

    /// <summary>The node's key that the control plane sealed to (<c>age1…</c>): so a node that has another one can say so.</summary>
    public required string Recipient { get; init; }

    /// <summary>Sorted by version, each once.</summary>
    public required EquatableArray<SealedSecret> Secrets { get; init; }

    public DsseEnvelope Sign(ISigner signer) => DsseEnvelope.Sign(
        PayloadType, CanonicalJson.Write(JsonSerializer.SerializeToElement(this, BundleContext.Default.SealedSecrets)), signer);

    /// <summary>Null when the bytes are no such document for this node of this fleet, signed by one of the keys.</summary>
    public static SealedSecrets? TryRead(ReadOnlySpan<byte> bytes, string fleet, string node, EquatableArray<TrustedKey> keys) =>
        DsseEnvelope.TryRead(bytes) is { } envelope && envelope.Open(PayloadType, keys, threshold: 1) is SignedPayload.Opened(var payload) &&
        TryRead(payload.Span) is { Format: 1 } read && read.Fleet == fleet && read.Node == node
            ? read
            : null;

    private static SealedSecrets? TryRead(ReadOnlySpan<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, BundleContext.Default.SealedSecrets);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
