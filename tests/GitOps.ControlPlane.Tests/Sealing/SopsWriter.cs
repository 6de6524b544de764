using System.Security.Cryptography;
using System.Text;
using GitOps.Platform.Age;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;

namespace GitOps.ControlPlane.Tests.Sealing;

/// <summary>Writes files as SOPS does, for a key of age. What SOPS itself wrote was opened by the same rules.</summary>
internal sealed class SopsWriter(params AgeRecipient[] recipients)
{
    public const string OnlyEncrypted = "    mac_only_encrypted: true\n";
    private const string Modified = "2026-11-30T10:00:00Z";
    private readonly byte[] _dataKey = RandomNumberGenerator.GetBytes(32);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);

    /// <summary>Values in the open are not in the MAC. Set before any value.</summary>
    public bool MacOnlyEncrypted
    {
        get;
        init
        {
            field = value;
            if (value)
            {
                _hash.AppendData(Convert.FromHexString("8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69"));
            }
        }
    }

    /// <summary>A value at a path, in the order of the file.</summary>
    public string Value(string text, string path, string type = "str")
    {
        _hash.AppendData(Encoding.UTF8.GetBytes(text));
        return Encrypt(text, path, type);
    }

    /// <summary>A value in the open, in the order of the file.</summary>
    public string Open(string text, string hashed)
    {
        if (!MacOnlyEncrypted)
        {
            _hash.AppendData(Encoding.UTF8.GetBytes(hashed));
        }

        return text;
    }

    public string Metadata()
    {
        var mac = Encrypt(Convert.ToHexString(_hash.GetHashAndReset()), Modified, "str");
        var keys = string.Concat(recipients.Select(recipient =>
            $"        - recipient: {recipient}\n          enc: |\n" +
            string.Concat(AgeArmor.Encode(AgeFile.Seal(_dataKey, [recipient])).TrimEnd().Split('\n').Select(line => $"            {line}\n"))));
        return $"sops:\n    kms: []\n    age:\n{keys}    lastmodified: \"{Modified}\"\n    mac: {mac}\n    pgp: []\n    unencrypted_suffix: _unencrypted\n{(MacOnlyEncrypted ? OnlyEncrypted : "")}    version: 3.9.4\n";
    }

    private string Encrypt(string text, string path, string type)
    {
        var nonce = RandomNumberGenerator.GetBytes(32);
        var cipher = new GcmBlockCipher(new AesEngine());
        cipher.Init(forEncryption: true, new AeadParameters(new KeyParameter(_dataKey), 128, nonce, Encoding.UTF8.GetBytes(path)));
        var input = Encoding.UTF8.GetBytes(text);
        var output = new byte[cipher.GetOutputSize(input.Length)];
        var length = cipher.ProcessBytes(input, 0, input.Length, output, 0);
        cipher.DoFinal(output, length);
        return $"ENC[AES256_GCM,data:{Convert.ToBase64String(output[..^16])},iv:{Convert.ToBase64String(nonce)},tag:{Convert.ToBase64String(output[^16..])},type:{type}]";
    }
}
