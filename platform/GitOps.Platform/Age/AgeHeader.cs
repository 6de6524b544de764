using System.Security.Cryptography;
using System.Text;

namespace GitOps.Platform.Age;

/// <summary>The file key, wrapped for one recipient. <paramref name="Arguments"/>: the type first.</summary>
internal sealed record AgeStanza(IReadOnlyList<string> Arguments, byte[] Body);

/// <summary>
/// The textual header of a file: who may open it, and a MAC under the file key. Reading takes exactly what writing makes:
/// one header has one form.
/// </summary>
internal sealed record AgeHeader(IReadOnlyList<AgeStanza> Stanzas, byte[] Mac)
{
    public const int FileKeyBytes = 16;

    /// <summary>Most stanzas that are read: each costs an exchange of keys.</summary>
    public const int MostStanzas = 1024;

    private const string Version = "age-encryption.org/v1";
    private const int Columns = 64;
    private const int LongestLine = 1024;
    private const int MostBodyLines = 64;

    public static AgeHeader Of(IReadOnlyList<AgeStanza> stanzas, byte[] fileKey) =>
        new(stanzas, MacOf(Encoding.ASCII.GetBytes(Unsigned(stanzas)), fileKey));

    public byte[] ToBytes() => Encoding.ASCII.GetBytes($"{Unsigned(Stanzas)} {AgeBase64.Encode(Mac)}\n");

    public bool IsSignedBy(byte[] fileKey) =>
        CryptographicOperations.FixedTimeEquals(Mac, MacOf(Encoding.ASCII.GetBytes(Unsigned(Stanzas)), fileKey));

    /// <returns>The header and how many bytes it has, or what is wrong with it.</returns>
    public static (AgeHeader? Header, int Length, string? Wrong) Read(ReadOnlySpan<byte> file)
    {
        var rest = file;
        if (Line(ref rest) != Version)
        {
            return Wrong($"it does not begin with the line '{Version}'");
        }

        List<AgeStanza> stanzas = [];
        while (Line(ref rest) is { } line)
        {
            if (line.StartsWith("--- ", StringComparison.Ordinal))
            {
                return stanzas.Count == 0 ? Wrong("its header has no recipient")
                    : AgeBase64.TryDecode(line[4..]) is { Length: SHA256.HashSizeInBytes } mac ? (new(stanzas, mac), file.Length - rest.Length, null)
                    : Wrong("the MAC of its header is not 32 bytes of base64");
            }

            if (Stanza(line, ref rest) is not { } stanza)
            {
                return Wrong($"the stanza of recipient {stanzas.Count + 1} in its header is malformed");
            }

            stanzas.Add(stanza);
            if (stanzas.Count > MostStanzas)
            {
                return Wrong($"it has more than {MostStanzas} recipients");
            }
        }

        return Wrong("its header does not end");

        static (AgeHeader?, int, string?) Wrong(string what) => (null, 0, what);
    }

    private static AgeStanza? Stanza(string line, ref ReadOnlySpan<byte> rest)
    {
        var words = line.Split(' ');
        if (words is not ["->", _, ..] || words.Skip(1).Any(word => word.Length == 0))
        {
            return null;
        }

        var body = new StringBuilder();
        for (var lines = 0; lines < MostBodyLines; lines++)
        {
            if (Line(ref rest) is not { } part || part.Length > Columns)
            {
                return null;
            }

            body.Append(part);
            if (part.Length < Columns)
            {
                return AgeBase64.TryDecode(body.ToString()) is { } bytes ? new AgeStanza(words[1..], bytes) : null;
            }
        }

        return null;
    }

    /// <summary>The next line, without its end; null when there is none, or one that no header has.</summary>
    private static string? Line(ref ReadOnlySpan<byte> rest)
    {
        var end = rest[..Math.Min(rest.Length, LongestLine)].IndexOf((byte)'\n');
        if (end < 0 || rest[..end].ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            return null;
        }

        var line = Encoding.ASCII.GetString(rest[..end]);
        rest = rest[(end + 1)..];
        return line;
    }

    private static string Unsigned(IReadOnlyList<AgeStanza> stanzas)
    {
        var text = new StringBuilder($"{Version}\n");
        foreach (var stanza in stanzas)
        {
            var body = AgeBase64.Encode(stanza.Body);
            text.Append($"-> {string.Join(' ', stanza.Arguments)}\n");
            for (var at = 0; at <= body.Length; at += Columns) // a last line that is full is followed by an empty one
            {
                text.Append(body, at, Math.Min(Columns, body.Length - at)).Append('\n');
            }
        }

        return text.Append("---").ToString();
    }

    private static byte[] MacOf(byte[] header, byte[] fileKey) =>
        HMACSHA256.HashData(HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, outputLength: 32, salt: [], info: "header"u8.ToArray()), header);
}
