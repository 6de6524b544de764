using System.Text.Json;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Publications;

/// <summary>A version of the fleet's trust: who may sign the next one, who signs publications, which CAs issue identities.</summary>
public sealed record RootStatement
{
    public const string PayloadType = "application/vnd.gitops.root.v1+json";

    public int Format { get; init; } = 1;

    public required string Fleet { get; init; }

    /// <summary>1, 2, 3, …</summary>
    public required long Version { get; init; }

    public required int Threshold { get; init; }

    public required EquatableArray<TrustedKey> RootKeys { get; init; }

    public required EquatableArray<TrustedKey> PublicationKeys { get; init; }

    /// <summary>PEM certificates.</summary>
    public required EquatableArray<string> Authorities { get; init; }

    public DsseEnvelope Sign(params ReadOnlySpan<ISigner> signers) => DsseEnvelope.Sign(
        PayloadType, CanonicalJson.Write(JsonSerializer.SerializeToElement(this, BundleContext.Default.RootStatement)), signers);

    /// <summary>A root taken on faith because a person carried it here: it must be signed by the threshold of its own keys.</summary>
    public static RootReading ReadFirst(ReadOnlySpan<byte> bytes) => Read(bytes, previous: null);

    /// <summary>The root after this one: signed by the threshold of this one's keys and of its own.</summary>
    public RootReading ReadNext(ReadOnlySpan<byte> bytes) => Read(bytes, this);

    private static RootReading Read(ReadOnlySpan<byte> bytes, RootStatement? previous)
    {
        if (DsseEnvelope.TryRead(bytes) is not { } envelope || TryPeek(envelope) is not { Threshold: > 0, Format: 1 } claimed)
        {
            return Refuse(BundleCodes.Unreadable, $"{bytes.Length} bytes are no root of format 1");
        }

        if (envelope.Open(PayloadType, claimed.RootKeys, claimed.Threshold) is SignedPayload.Refused(var own))
        {
            return new RootReading.Refused(own);
        }

        if (previous is not null)
        {
            if (claimed.Fleet != previous.Fleet || claimed.Version != previous.Version + 1)
            {
                return Refuse(BundleCodes.UntrustedRoot,
                    $"it is root {claimed.Version} of fleet {claimed.Fleet}, expected root {previous.Version + 1} of {previous.Fleet}");
            }

            if (envelope.Open(PayloadType, previous.RootKeys, previous.Threshold) is SignedPayload.Refused(var before))
            {
                return Refuse(BundleCodes.UntrustedRoot, $"root {previous.Version} does not stand behind it: {before.What}");
            }
        }

        return new RootReading.Trusted(claimed);
    }

    /// <summary>What an envelope claims, whoever signed it; null when it is no root. For people who are about to sign it.</summary>
    public static RootStatement? TryPeek(DsseEnvelope envelope)
    {
        try
        {
            return JsonSerializer.Deserialize(Convert.FromBase64String(envelope.Payload), BundleContext.Default.RootStatement);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }

    private static RootReading.Refused Refuse(ErrorCode code, string what) =>
        new(new Problem(code, what, "carry the fleet's current root.json to the node"));
}

public abstract record RootReading
{
    private RootReading() { } // closed: every case is in this file

    public sealed record Trusted(RootStatement Root) : RootReading;

    public sealed record Refused(Problem Problem) : RootReading;
}

/// <summary>Signed now and then: lets a node notice that somebody holds news back.</summary>
public sealed record HeadStatement
{
    public const string PayloadType = "application/vnd.gitops.head.v1+json";

    public int Format { get; init; } = 1;

    public required string Fleet { get; init; }

    public required long Generation { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required DateTimeOffset ValidUntil { get; init; }

    public DsseEnvelope Sign(ISigner signer) => DsseEnvelope.Sign(
        PayloadType, CanonicalJson.Write(JsonSerializer.SerializeToElement(this, BundleContext.Default.HeadStatement)), signer);

    /// <summary>Null when the bytes are no head of the fleet signed by one of the keys.</summary>
    public static HeadStatement? TryRead(ReadOnlySpan<byte> bytes, string fleet, EquatableArray<TrustedKey> keys)
    {
        if (DsseEnvelope.TryRead(bytes) is not { } envelope ||
            envelope.Open(PayloadType, keys, threshold: 1) is not SignedPayload.Opened(var payload))
        {
            return null;
        }

        try
        {
            var head = JsonSerializer.Deserialize(payload.Span, BundleContext.Default.HeadStatement);
            return head is { Format: 1 } && head.Fleet == fleet ? head : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
