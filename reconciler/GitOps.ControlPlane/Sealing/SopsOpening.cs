using System.Security.Cryptography;
using System.Text;
using GitOps.Bundles.Publications;
using GitOps.Manifests;
using GitOps.Manifests.Sops;
using GitOps.Platform.Age;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;

namespace GitOps.ControlPlane.Sealing;

/// <summary>
/// Opens files of SOPS whose data key is encrypted to a key of age: AES-256-GCM with nonces of 32 bytes (which the runtime does not
/// offer), each value authenticated by its path, all of them by a MAC.
/// </summary>
internal static class SopsOpening
{
    private const int DataKeyBytes = 32;
    private const int TagBytes = 16;
    private const string Begin = "ENC[AES256_GCM,";

    /// <summary>What a MAC over encrypted values alone begins with (sops.go, <c>MACOnlyEncryptedInitialization</c>): it is never that of all values.</summary>
    private static readonly byte[] OnlyEncrypted = SHA256.HashData("sops"u8);

    /// <returns>The values as nodes read them, or what is wrong, in words that hold nothing of the secret.</returns>
    public static (byte[]? Values, string? Wrong) Read(SourceFile file, AgeIdentity key)
    {
        var (document, wrong) = SopsDocument.Read(file);
        if (document is null)
        {
            return (null, wrong);
        }

        if (DataKeyOf(document, key) is not { } dataKey)
        {
            return (null, $"its data key is not encrypted to {key.Recipient}, the key of the control plane");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        if (document.MacOnlyEncrypted)
        {
            hash.AppendData(OnlyEncrypted);
        }

        List<KeyValuePair<string, string>> values = [];
        foreach (var leaf in document.Leaves)
        {
            var isEncrypted = leaf.Text.StartsWith(Begin, StringComparison.Ordinal);
            if ((isEncrypted ? TryDecrypt(leaf.Text, string.Concat(leaf.Path.Select(name => name + ":")), dataKey) : PlainOf(leaf)) is not var (bytes, type))
            {
                return (null, $"the value of '{leaf.Key}' was changed, or moved from another place");
            }

            if (type != "null" && (isEncrypted || !document.MacOnlyEncrypted))
            {
                hash.AppendData(bytes);
            }

            values.Add(new(leaf.Key, type == "bool" ? Encoding.UTF8.GetString(bytes).ToLowerInvariant() : Encoding.UTF8.GetString(bytes)));
        }

        var mac = TryDecrypt(document.Mac, document.LastModified, dataKey);
        return mac is var (told, _) && CryptographicOperations.FixedTimeEquals(told, Encoding.ASCII.GetBytes(Convert.ToHexString(hash.GetHashAndReset())))
            ? (SecretValues.Write(values.DistinctBy(value => value.Key)), null)
            : (null, "its MAC is another: a value was added, removed or changed without SOPS");
    }

    private static byte[]? DataKeyOf(SopsDocument document, AgeIdentity key) => document.DataKeys
        .Where(entry => entry.Recipient == key.Recipient.ToString())
        .Select(entry => AgeFile.Open(Encoding.UTF8.GetBytes(entry.File), key) is AgeOpening.Opened opened && opened.Plaintext() is { Length: DataKeyBytes } bytes ? bytes : null)
        .FirstOrDefault(bytes => bytes is not null);

    /// <summary>A value that stands there in the open, as SOPS hashes it.</summary>
    private static (byte[] Bytes, string Type)? PlainOf(SopsLeaf leaf) => leaf switch
    {
        { IsPlain: true, Text: "true" or "True" or "TRUE" } => ("True"u8.ToArray(), "bool"),
        { IsPlain: true, Text: "false" or "False" or "FALSE" } => ("False"u8.ToArray(), "bool"),
        { IsPlain: true, Text: "" or "~" or "null" or "Null" or "NULL" } => ([], "null"),
        _ => (Encoding.UTF8.GetBytes(leaf.Text), "str"),
    };

    /// <summary><c>ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]</c>; null when it is malformed or does not authenticate.</summary>
    private static (byte[] Bytes, string Type)? TryDecrypt(string text, string path, byte[] dataKey)
    {
        if (!text.StartsWith(Begin, StringComparison.Ordinal) || text[^1] != ']' ||
            text[Begin.Length..^1].Split(',') is not [var data, var iv, var tag, var type] ||
            Part(data, "data:") is not { } ciphertext || Part(iv, "iv:") is not { Length: > 0 } nonce || Part(tag, "tag:") is not { Length: TagBytes } mark ||
            !type.StartsWith("type:", StringComparison.Ordinal))
        {
            return null;
        }

        var cipher = new GcmBlockCipher(new AesEngine());
        cipher.Init(forEncryption: false, new AeadParameters(new KeyParameter(dataKey), TagBytes * 8, nonce, Encoding.UTF8.GetBytes(path)));
        byte[] input = [.. ciphertext, .. mark];
        var output = new byte[cipher.GetOutputSize(input.Length)];
        try
        {
            var length = cipher.ProcessBytes(input, 0, input.Length, output, 0);
            length += cipher.DoFinal(output, length);
            return (output[..length], type["type:".Length..]);
        }
        catch (InvalidCipherTextException)
        {
            return null;
        }
    }

    private static byte[]? Part(string text, string name)
    {
        var bytes = new byte[text.Length];
        return text.StartsWith(name, StringComparison.Ordinal) && Convert.TryFromBase64String(text[name.Length..], bytes, out var length) ? bytes[..length] : null;
    }
}
