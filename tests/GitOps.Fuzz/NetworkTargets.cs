using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Reports;
using GitOps.Manifests.Kinds;

namespace GitOps.Fuzz;

/// <summary>
/// What arrives over a network: from the store and the broker at a node, from nodes at the control plane. What is behind a
/// signature is read both as it came and as if a trusted key had signed it. (The bodies of webhooks are hashed, never read.)
/// </summary>
internal static class NetworkTargets
{
    private const string Fleet = "3f0c6f4e-6f5e-4c7e-9b5e-0d2f5a0c1e11";
    private const string Nonce = "00112233445566778899aabbccddeeff";
    private static readonly EcdsaSigner Signer = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private static readonly EquatableArray<TrustedKey> Keys = [Signer.Key];

    private static readonly RootStatement Root = new()
    {
        Fleet = Fleet,
        Version = 1,
        Threshold = 1,
        RootKeys = Keys,
        PublicationKeys = Keys,
        Authorities = [],
    };

    /// <summary>Pointers with their proof, and the publication that is signed.</summary>
    public static void Pointer(byte[] bytes)
    {
        var context = new PointerContext(Fleet, "press-1", Keys, SeenGeneration: 1, SeenBundle: null);
        _ = PointerCheck.Check(bytes, context);
        if (GitOps.Bundles.Publications.Pointer.TryRead(bytes) is { } pointer && TryDecode(pointer.Publication.Payload) is { } payload)
        {
            var signed = pointer with { Publication = DsseEnvelope.Sign(PublicationStatement.PayloadType, payload, Signer) };
            if (PointerCheck.Check(signed.ToBytes(), context) is PointerVerdict.Accepted accepted && accepted.Pointer.Leaf.Node != context.Node)
            {
                throw new InvalidOperationException("another node's pointer is accepted");
            }
        }
    }

    /// <summary>Envelopes, roots, heads, times; and keys of people, which come from Git.</summary>
    public static void Trust(byte[] bytes)
    {
        _ = RootStatement.ReadFirst(bytes);
        Followed(bytes);
        _ = HeadStatement.TryRead(bytes, Fleet, Keys);
        _ = TimeStatement.TryRead(bytes, Fleet, Nonce, Keys);
        Followed(DsseEnvelope.Sign(RootStatement.PayloadType, bytes, Signer).ToBytes());
        _ = HeadStatement.TryRead(DsseEnvelope.Sign(HeadStatement.PayloadType, bytes, Signer).ToBytes(), Fleet, Keys);
        _ = TimeStatement.TryRead(DsseEnvelope.Sign(TimeStatement.PayloadType, bytes, Signer).ToBytes(), Fleet, Nonce, Keys);
        _ = SignerKeys.Read(Encoding.UTF8.GetString(bytes));
    }

    public static void Bundle(byte[] bytes)
    {
        _ = BundleJson.FindAgent(bytes);
        if (BundleJson.Read(bytes) is BundleReading.Read(var bundle))
        {
            _ = bundle.Blobs().Count();
        }
    }

    /// <summary>Reports at the control plane, hints and acks at a node.</summary>
    public static void Report(byte[] bytes)
    {
        _ = ReportJson.TryReadHint(bytes);
        _ = ReportJson.TryReadAck(bytes);
        if (ReportJson.TryReadReport(bytes) is { } report && ReportJson.TryReadReport(ReportJson.Write(report)) is null)
        {
            throw new JsonException("a report that was read cannot be read again");
        }
    }

    /// <summary>What nodes tell of devices at the control plane, and its answer at a node.</summary>
    public static void Values(byte[] bytes)
    {
        _ = ReportJson.TryReadReceipt(bytes);
        foreach (var record in ValueLines.Read(bytes).Records)
        {
            var again = ValueLines.Read(ReportJson.Write(record));
            if (!record.IsWhole || again.Records is not [var read] || read != record)
            {
                throw new JsonException("a value that was read is another one when it is read again");
            }
        }
    }

    private static void Followed(byte[] bytes)
    {
        if (Root.ReadNext(bytes) is RootReading.Trusted(var next) && next.Version != 2)
        {
            throw new InvalidOperationException("a root that is not the next one is followed");
        }
    }

    private static byte[]? TryDecode(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? bytes[..length] : null;
    }
}
