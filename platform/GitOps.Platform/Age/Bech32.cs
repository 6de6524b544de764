namespace GitOps.Platform.Age;

/// <summary>Bech32 as BIP 173 defines it, without its limit on the length: how age writes keys.</summary>
internal static class Bech32
{
    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int ChecksumLength = 6;

    /// <param name="prefix">In lower case.</param>
    public static string Encode(string prefix, ReadOnlySpan<byte> data)
    {
        var values = ToFiveBits(data);
        var checksum = Polymod([.. Expand(prefix), .. values, 0, 0, 0, 0, 0, 0]) ^ 1;
        var end = Enumerable.Range(0, ChecksumLength).Select(i => (byte)((checksum >> (5 * (ChecksumLength - 1 - i))) & 31));
        return $"{prefix}1{string.Concat(values.Concat(end).Select(v => Alphabet[v]))}";
    }

    /// <summary>The bytes of a text that has this prefix; null for anything that <see cref="Encode"/> would not write in one case or the other.</summary>
    public static byte[]? TryDecode(string prefix, string text)
    {
        var lower = text.ToLowerInvariant();
        if ((text.Any(char.IsAsciiLetterLower) && text.Any(char.IsAsciiLetterUpper)) || !lower.StartsWith($"{prefix}1", StringComparison.Ordinal) ||
            lower.LastIndexOf('1') != prefix.Length || lower.Length < prefix.Length + 1 + ChecksumLength)
        {
            return null;
        }

        var values = lower[(prefix.Length + 1)..].Select(c => Alphabet.IndexOf(c, StringComparison.Ordinal)).ToList();
        return values.Contains(-1) || Polymod([.. Expand(prefix), .. values.Select(v => (byte)v)]) != 1
            ? null
            : ToBytes(values[..^ChecksumLength]);
    }

    private static IEnumerable<byte> Expand(string prefix) =>
        [.. prefix.Select(c => (byte)(c >> 5)), 0, .. prefix.Select(c => (byte)(c & 31))];

    private static uint Polymod(byte[] values)
    {
        ReadOnlySpan<uint> generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
        var checksum = 1u;
        foreach (var value in values)
        {
            var top = checksum >> 25;
            checksum = ((checksum & 0x1ffffff) << 5) ^ value;
            for (var i = 0; i < generator.Length; i++)
            {
                checksum ^= ((top >> i) & 1) == 1 ? generator[i] : 0;
            }
        }

        return checksum;
    }

    private static List<byte> ToFiveBits(ReadOnlySpan<byte> data)
    {
        List<byte> values = [];
        var (kept, bits) = (0, 0);
        foreach (var value in data)
        {
            kept = ((kept << 8) | value) & 0xfff;
            for (bits += 8; bits >= 5; bits -= 5)
            {
                values.Add((byte)((kept >> (bits - 5)) & 31));
            }
        }

        if (bits > 0)
        {
            values.Add((byte)((kept << (5 - bits)) & 31));
        }

        return values;
    }

    /// <summary>Null when the bits that fill the last value up are too many or not zero.</summary>
    private static byte[]? ToBytes(List<int> values)
    {
        List<byte> data = [];
        var (kept, bits) = (0, 0);
        foreach (var value in values)
        {
            kept = ((kept << 5) | value) & 0xfff;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                data.Add((byte)(kept >> bits));
            }
        }

        return bits < 5 && (kept & ((1 << bits) - 1)) == 0 ? [.. data] : null;
    }
}
