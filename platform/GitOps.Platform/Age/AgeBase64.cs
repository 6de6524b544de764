namespace GitOps.Platform.Age;

/// <summary>Base64 (RFC 4648 §4) without padding, in its one canonical form.</summary>
internal static class AgeBase64
{
    public static string Encode(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    /// <summary>Null for whatever <see cref="Encode"/> would not write.</summary>
    public static byte[]? TryDecode(string text)
    {
        var padded = text.PadRight((text.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length / 4 * 3];
        return Convert.TryFromBase64String(padded, bytes, out var length) && bytes[..length] is var read && Encode(read) == text ? read : null;
    }
}
