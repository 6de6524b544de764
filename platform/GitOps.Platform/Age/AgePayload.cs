using System.Buffers.Binary;
using System.Security.Cryptography;

namespace GitOps.Platform.Age;

/// <summary>
/// The encrypted content: a nonce, then chunks of 64 KiB under ChaCha20-Poly1305, counted, the last one marked (STREAM). What
/// is cut, reordered or followed by more does not open.
/// </summary>
internal static class AgePayload
{
    public const int NonceBytes = 16;
    private const int ChunkBytes = 64 << 10;
    private const int TagBytes = 16;

    public static long LengthOf(long plaintext) => NonceBytes + plaintext + (TagBytes * Math.Max(1, (plaintext + ChunkBytes - 1) / ChunkBytes));

    public static byte[] Encrypt(ReadOnlySpan<byte> plaintext, byte[] fileKey)
    {
        var payload = new byte[LengthOf(plaintext.Length)];
        RandomNumberGenerator.Fill(payload.AsSpan(0, NonceBytes));
        using var cipher = CipherOf(fileKey, payload.AsSpan(0, NonceBytes));
        var rest = payload.AsSpan(NonceBytes);
        for (var (at, chunk) = (0, 0); chunk == 0 || at < plaintext.Length; at += ChunkBytes, chunk++)
        {
            var part = plaintext.Slice(at, Math.Min(ChunkBytes, plaintext.Length - at));
            cipher.Encrypt(Nonce(chunk, isLast: at + part.Length == plaintext.Length), part, rest[..part.Length], rest.Slice(part.Length, TagBytes));
            rest = rest[(part.Length + TagBytes)..];
        }

        return payload;
    }

    /// <summary>Null when it was changed, cut or belongs to another key.</summary>
    public static byte[]? TryDecrypt(ReadOnlySpan<byte> payload, byte[] fileKey)
    {
        if (payload.Length < NonceBytes + TagBytes)
        {
            return null;
        }

        using var cipher = CipherOf(fileKey, payload[..NonceBytes]);
        var rest = payload[NonceBytes..];
        var plaintext = new byte[rest.Length];
        var written = 0;
        for (var chunk = 0; chunk == 0 || !rest.IsEmpty; chunk++)
        {
            var part = rest[..Math.Min(ChunkBytes + TagBytes, rest.Length)];
            rest = rest[part.Length..];
            var length = part.Length - TagBytes;
            if (length < 0 || (length == 0 && chunk > 0)) // only an empty file has an empty chunk
            {
                return null;
            }

            try
            {
                cipher.Decrypt(Nonce(chunk, isLast: rest.IsEmpty), part[..length], part[length..], plaintext.AsSpan(written, length));
            }
            catch (AuthenticationTagMismatchException)
            {
                return null;
            }

            written += length;
        }

        return plaintext[..written];
    }

    private static ChaCha20Poly1305 CipherOf(byte[] fileKey, ReadOnlySpan<byte> nonce) =>
        new(HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, outputLength: 32, salt: nonce.ToArray(), info: "payload"u8.ToArray()));

    /// <summary>Eleven bytes of a counter, big end first, and one that is 1 for the last chunk.</summary>
    private static byte[] Nonce(int chunk, bool isLast)
    {
        var nonce = new byte[12];
        BinaryPrimitives.WriteInt32BigEndian(nonce.AsSpan(7), chunk);
        nonce[11] = isLast ? (byte)1 : (byte)0;
        return nonce;
    }
}
