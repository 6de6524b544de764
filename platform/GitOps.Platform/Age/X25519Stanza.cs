using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace GitOps.Platform.Age;

/// <summary>The file key for one recipient of type X25519: encrypted under a key that only the two halves of a fresh exchange know.</summary>
internal static class X25519Stanza
{
    public const string Type = "X25519";
    private const int TagBytes = 16;
    private static readonly byte[] Info = Encoding.ASCII.GetBytes("age-encryption.org/v1/X25519");
    private static readonly byte[] ZeroNonce = new byte[12]; // the key is used once

    public static AgeStanza Wrap(ReadOnlySpan<byte> fileKey, AgeRecipient to)
    {
        var ephemeral = AgeIdentity.Generate();
        var share = ephemeral.Recipient.Point;
        var body = new byte[AgeHeader.FileKeyBytes + TagBytes];
        using var cipher = new ChaCha20Poly1305(
            WrapKey(ephemeral.Scalar, to.Point, share, to.Point) ?? throw new ArgumentException($"{to} is no point that a secret can be shared with", nameof(to)));
        cipher.Encrypt(ZeroNonce, fileKey, body.AsSpan(0, AgeHeader.FileKeyBytes), body.AsSpan(AgeHeader.FileKeyBytes));
        return new AgeStanza([Type, AgeBase64.Encode(share)], body);
    }

    /// <summary>Why a stanza of this type is none that anybody wrote; null: it is well formed.</summary>
    public static string? WhyNot(AgeStanza stanza) =>
        stanza.Arguments is not [Type, var share] ? "a stanza of type X25519 has one argument"
        : AgeBase64.TryDecode(share) is not { Length: X25519.PointSize } ? "the share of a stanza of type X25519 is not 32 bytes"
        : stanza.Body.Length != AgeHeader.FileKeyBytes + TagBytes ? "the body of a stanza of type X25519 is not 32 bytes"
        : null;

    /// <summary>The file key, when this well-formed stanza is for the identity.</summary>
    public static byte[]? TryUnwrap(AgeStanza stanza, AgeIdentity identity)
    {
        var share = AgeBase64.TryDecode(stanza.Arguments[1])!;
        if (WrapKey(identity.Scalar, share, share, identity.Recipient.Point) is not { } key)
        {
            return null;
        }

        using var cipher = new ChaCha20Poly1305(key);
        var fileKey = new byte[AgeHeader.FileKeyBytes];
        try
        {
            cipher.Decrypt(ZeroNonce, stanza.Body.AsSpan(0, AgeHeader.FileKeyBytes), stanza.Body.AsSpan(AgeHeader.FileKeyBytes), fileKey);
            return fileKey;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null; // for somebody else
        }
    }

    /// <summary>Null when the exchange gives nothing but zeros, which a chosen share can force.</summary>
    private static byte[]? WrapKey(byte[] scalar, byte[] point, byte[] share, byte[] recipient)
    {
        var shared = new byte[X25519.PointSize];
        return X25519.CalculateAgreement(scalar, 0, point, 0, shared, 0)
            ? HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, outputLength: 32, salt: [.. share, .. recipient], info: Info)
            : null;
    }
}
