using System.Globalization;
using System.Text;
using System.Text.Json;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Publications;

/// <summary>Signed bytes with their type: the envelope of the Dead Simple Signing Envelope specification, v1.</summary>
public sealed record DsseEnvelope(string PayloadType, string Payload, EquatableArray<DsseSignature> Signatures)
{
    /// <summary>An envelope is small; what is larger is an attack or a mistake.</summary>
    public const int MaxBytes = 1024 * 1024;

    public static DsseEnvelope Sign(string payloadType, byte[] payload, params ReadOnlySpan<ISigner> signers)
    {
        var signed = Encode(payloadType, payload);
        List<DsseSignature> signatures = [];
        foreach (var signer in signers)
        {
            signatures.Add(new DsseSignature(signer.Key.Keyid, Convert.ToBase64String(signer.Sign(signed))));
        }

        return new DsseEnvelope(payloadType, Convert.ToBase64String(payload), signatures.ToEquatableArray());
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, BundleContext.Default.DsseEnvelope);

    /// <summary>Null when the bytes are no envelope.</summary>
    public static DsseEnvelope? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return bytes.Length > MaxBytes ? null : JsonSerializer.Deserialize(bytes, BundleContext.Default.DsseEnvelope);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// The payload, when it is of the type and at least <paramref name="threshold"/> of the keys, each counted once, signed it.
    /// </summary>
    public SignedPayload Open(string payloadType, IReadOnlyCollection<TrustedKey> keys, int threshold)
    {
        if (PayloadType != payloadType)
        {
            return Refuse(BundleCodes.Unreadable, $"the payload is of type '{PayloadType}', expected '{payloadType}'");
        }

        if (!TryDecode(Payload, out var payload))
        {
            return Refuse(BundleCodes.Unreadable, "the payload is not base64");
        }

        var signed = Encode(payloadType, payload);
        HashSet<string> valid = [];
        var known = false;
        foreach (var signature in Signatures)
        {
            if (keys.FirstOrDefault(k => k.Keyid == signature.Keyid) is not { } key)
            {
                continue;
            }

            known = true;
            if (TryDecode(signature.Sig, out var bytes) && key.Verifies(signed, bytes))
            {
                valid.Add(key.Keyid);
            }
        }

        if (valid.Count >= threshold && threshold > 0)
        {
            return new SignedPayload.Opened(payload);
        }

        return known
            ? Refuse(BundleCodes.BadSignature, $"{valid.Count} of the signatures verify, {threshold} must")
            : Refuse(BundleCodes.UnknownKey,
                $"it is signed by [{string.Join(", ", Signatures.Select(s => s.Keyid))}], trusted are [{string.Join(", ", keys.Select(k => k.Keyid))}]");
    }

    /// <summary>The pre-authentication encoding: what is really signed.</summary>
    private static byte[] Encode(string payloadType, byte[] payload)
    {
        var head = string.Create(CultureInfo.InvariantCulture,
            $"DSSEv1 {Encoding.UTF8.GetByteCount(payloadType)} {payloadType} {payload.Length} ");
        return [.. Encoding.UTF8.GetBytes(head), .. payload];
    }

    private static bool TryDecode(string base64, out byte[] bytes)
    {
        bytes = new byte[base64.Length];
        var valid = Convert.TryFromBase64String(base64, bytes, out var written);
        bytes = bytes[..written];
        return valid;
    }

    private static SignedPayload.Refused Refuse(ErrorCode code, string what) =>
        new(new Problem(code, what, "check which control plane this node talks to; 'gitops-agent status' shows the trusted keys"));
}

public sealed record DsseSignature(string Keyid, string Sig);

public abstract record SignedPayload
{
    private SignedPayload() { } // closed: every case is in this file

    public sealed record Opened(ReadOnlyMemory<byte> Payload) : SignedPayload;

    public sealed record Refused(Problem Problem) : SignedPayload;
}
