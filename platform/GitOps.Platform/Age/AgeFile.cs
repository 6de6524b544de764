using System.Security.Cryptography;

namespace GitOps.Platform.Age;

/// <summary>What came of opening a file.</summary>
public abstract record AgeOpening
{
    private AgeOpening() { } // closed: every case is in this file

    /// <summary>Secret: not to be printed. (No member is shown by <c>ToString</c>.)</summary>
    public sealed record Opened : AgeOpening
    {
        private readonly byte[] _plaintext;

        internal Opened(byte[] plaintext) => _plaintext = plaintext;

        public byte[] Plaintext() => _plaintext;
    }

    /// <summary>It is sound as far as anybody can tell who has no key of it.</summary>
    public sealed record ForOthers : AgeOpening;

    /// <param name="Because">Of the file alone, never of what it holds: "its header does not end".</param>
    public sealed record Malformed(string Because) : AgeOpening;
}

/// <summary>
/// Files of age v1 (the specification is C2SP's age.md, age-encryption.org/v1) for X25519 recipients, whole and in memory:
/// secrets are small. Stanzas of other types, passphrases among them, are passed over. Reading is strict: one form each.
/// </summary>
public static class AgeFile
{
    /// <summary>Longest file that is read, armored or not.</summary>
    public const int MaxBytes = 2 << 20;

    /// <summary>Longest content that is sealed.</summary>
    public const int MaxPlaintextBytes = 1 << 20;

    /// <summary>Most recipients of one file.</summary>
    public const int MostRecipients = AgeHeader.MostStanzas;

    /// <summary>
    /// Encrypts at most <see cref="MaxPlaintextBytes"/> to whoever has one of the identities of <paramref name="recipients"/>: one to
    /// <see cref="MostRecipients"/>.
    /// </summary>
    public static byte[] Seal(ReadOnlySpan<byte> plaintext, IReadOnlyCollection<AgeRecipient> recipients)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plaintext.Length, MaxPlaintextBytes);
        ArgumentOutOfRangeException.ThrowIfZero(recipients.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(recipients.Count, MostRecipients);
        var fileKey = RandomNumberGenerator.GetBytes(AgeHeader.FileKeyBytes);
        var header = AgeHeader.Of([.. recipients.Select(to => X25519Stanza.Wrap(fileKey, to))], fileKey);
        return [.. header.ToBytes(), .. AgePayload.Encrypt(plaintext, fileKey)];
    }

    /// <param name="file">Armored or not.</param>
    public static AgeOpening Open(ReadOnlySpan<byte> file, params IReadOnlyCollection<AgeIdentity> identities)
    {
        var (binary, header, length, wrong) = Read(file);
        if (header is null)
        {
            return new AgeOpening.Malformed(wrong!);
        }

        var fileKey = header.Stanzas.Where(stanza => stanza.Arguments[0] == X25519Stanza.Type)
            .SelectMany(stanza => identities.Select(identity => X25519Stanza.TryUnwrap(stanza, identity)))
            .FirstOrDefault(key => key is not null);
        return fileKey is null ? new AgeOpening.ForOthers()
            : !header.IsSignedBy(fileKey) ? new AgeOpening.Malformed("its header was changed: the MAC is another")
            : AgePayload.TryDecrypt(binary.AsSpan(length), fileKey) is { } plaintext ? new AgeOpening.Opened(plaintext)
            : new AgeOpening.Malformed("its content was changed or cut");
    }

    /// <summary>Why these bytes are no file of age, as far as can be told without a key; null: they are.</summary>
    public static string? WhyNot(ReadOnlySpan<byte> file) => Read(file).Wrong;

    private static (byte[] Binary, AgeHeader? Header, int Length, string? Wrong) Read(ReadOnlySpan<byte> file)
    {
        if (file.Length > MaxBytes)
        {
            return ([], null, 0, $"it is longer than {MaxBytes} bytes");
        }

        var binary = AgeArmor.Is(file) ? AgeArmor.TryDecode(file) : file.ToArray();
        if (binary is null)
        {
            return ([], null, 0, "its armor is malformed");
        }

        var (header, length, wrong) = AgeHeader.Read(binary);
        wrong ??= header!.Stanzas.Where(stanza => stanza.Arguments[0] == X25519Stanza.Type).Select(X25519Stanza.WhyNot).FirstOrDefault(why => why is not null);
        wrong ??= binary.Length - length < AgePayload.LengthOf(0) ? "its content is cut" : null;
        return (binary, wrong is null ? header : null, length, wrong);
    }
}
