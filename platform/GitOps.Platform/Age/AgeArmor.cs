using System.Text;

namespace GitOps.Platform.Age;

/// <summary>A file as text that survives mail and review: PEM (RFC 7468, strict) with the label of age.</summary>
public static class AgeArmor
{
    private const string Begin = "-----BEGIN AGE ENCRYPTED FILE-----";
    private const string End = "-----END AGE ENCRYPTED FILE-----";
    private const int Columns = 64;

    public static string Encode(ReadOnlySpan<byte> file)
    {
        var base64 = Convert.ToBase64String(file);
        var lines = Enumerable.Range(0, (base64.Length + Columns - 1) / Columns)
            .Select(i => base64.Substring(i * Columns, Math.Min(Columns, base64.Length - (i * Columns))));
        return string.Join('\n', [Begin, .. lines, End, ""]);
    }

    /// <summary>Whether these bytes are meant to be armored; they may still be malformed.</summary>
    public static bool Is(ReadOnlySpan<byte> bytes) => bytes.TrimStart(" \t\r\n"u8).StartsWith("-----BEGIN"u8);

    /// <summary>Null for whatever <see cref="Encode"/> would not write, but for white space around it and CR LF between lines.</summary>
    public static byte[]? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.ContainsAnyExceptInRange((byte)'\t', (byte)'~'))
        {
            return null;
        }

        var lines = Encoding.ASCII.GetString(bytes).Trim(' ', '\t', '\r', '\n').Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        if (lines is not [Begin, .. { Length: > 0 } body, End] || body[..^1].Any(line => line.Length != Columns) || body[^1].Length is 0 or > Columns)
        {
            return null;
        }

        var base64 = string.Concat(body);
        var file = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, file, out var length) &&
               Convert.ToBase64String(file, 0, length) == base64
            ? file[..length]
            : null;
    }
}
