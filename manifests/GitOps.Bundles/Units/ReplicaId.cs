using System.Text;

namespace GitOps.Bundles.Units;

/// <summary>
/// Who a machine is to Syncthing: the SHA-256 of its certificate in base 32 (RFC 4648), with a check digit after every 13 and a
/// dash after every 7 characters, as https://docs.syncthing.net/dev/device-ids.html describes it.
/// </summary>
public static class ReplicaId
{
    private const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int Checked = 13;
    private const int Grouped = 7;

    /// <param name="hash">32 bytes.</param>
    public static string Of(ReadOnlySpan<byte> hash)
    {
        var text = new StringBuilder(Base32(hash));
        for (var at = text.Length; at > 0; at -= Checked)
        {
            text.Insert(at, CheckDigit(text.ToString(at - Checked, Checked)));
        }

        for (var at = text.Length - Grouped; at > 0; at -= Grouped)
        {
            text.Insert(at, '-');
        }

        return text.ToString();
    }

    /// <summary>Whether a text is one in full, with check digits that fit.</summary>
    public static bool IsValid(string text)
    {
        var groups = text.Split('-');
        var digits = string.Concat(groups);
        return groups.Length == 8 && groups.All(group => group.Length == Grouped) && digits.All(digit => Digits.Contains(digit, StringComparison.Ordinal)) &&
            digits.Chunk(Checked + 1).All(part => CheckDigit(part.AsSpan(0, Checked)) == part[Checked]);
    }

    private static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var (buffer, bits) = (0, 0);
        foreach (var value in bytes)
        {
            (buffer, bits) = ((buffer << 8) | value, bits + 8);
            for (; bits >= 5; bits -= 5)
            {
                text.Append(Digits[(buffer >> (bits - 5)) & 31]);
            }

            buffer &= (1 << bits) - 1;
        }

        return bits == 0 ? text.ToString() : text.Append(Digits[(buffer << (5 - bits)) & 31]).ToString();
    }

    /// <summary>Luhn's algorithm to the base 32; unlike the original, Syncthing begins to double with the second character.</summary>
    private static char CheckDigit(ReadOnlySpan<char> text)
    {
        var sum = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var value = Digits.IndexOf(text[i], StringComparison.Ordinal) * (1 + (i % 2));
            sum += (value / 32) + (value % 32);
        }

        return Digits[(32 - (sum % 32)) % 32];
    }
}
