using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using GitOps.Bundles;
using GitOps.Reconciler.Compile;

namespace GitOps.Reconciler.Diffing;

/// <summary>Shows a content as text: blobs that are text are looked up, others and secrets are digests.</summary>
internal sealed class ContentText(FleetBundles? fleet)
{
    /// <summary>A longer blob is shown as its digest.</summary>
    private const int LongestShown = 256 * 1024;

    /// <summary>A list whose items are content parts, as docs/contracts.md §1 has them.</summary>
    public static bool IsContent(JsonElement? json) =>
        json is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() > 0 &&
        array.EnumerateArray().All(part => part.ValueKind == JsonValueKind.Object &&
            (part.TryGetProperty("text", out _) || part.TryGetProperty("blob", out _) || part.TryGetProperty("secret", out _)));

    public string Of(JsonElement? content)
    {
        var text = new StringBuilder();
        foreach (var part in content is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : default)
        {
            if (part.TryGetProperty("text", out var literal))
            {
                text.Append(literal.GetString());
            }
            else if (part.TryGetProperty("blob", out var blob))
            {
                text.Append(Blob(Digest.Parse(blob.GetString()!), part.GetProperty("sizeBytes").GetInt64()));
            }
            else
            {
                text.Append('<').Append("secret ").Append(part.GetProperty("secret").GetString()).Append('/')
                    .Append(part.GetProperty("key").GetString()).Append(' ').Append(part.GetProperty("version").GetString()).Append('>');
            }
        }

        return text.ToString();
    }

    private string Blob(Digest digest, long size) =>
        size <= LongestShown && fleet is not null && fleet.Blobs.TryGetValue(digest, out var bytes) && Utf8.IsValid(bytes.Span) &&
        !bytes.Span.Contains((byte)0)
            ? Encoding.UTF8.GetString(bytes.Span)
            : $"<{size} bytes {digest}>";
}
