using System.Text;
using System.Text.Json;

namespace GitOps.Platform.Http;

/// <summary>What a refusal says, for people: the detail of a problem (RFC 9457) with its code, or the beginning of any other text.</summary>
internal static class ProblemText
{
    private const int Longest = 1024;

    public static string Of(string? mediaType, ReadOnlySpan<byte> body)
    {
        var text = Encoding.UTF8.GetString(body);
        if (mediaType == "application/problem+json")
        {
            try
            {
                using var json = JsonDocument.Parse(text);
                if (json.RootElement is { ValueKind: JsonValueKind.Object } problem && Member(problem, "detail") is { } detail)
                {
                    text = Member(problem, "code") is { } code ? $"{code}: {detail}" : detail;
                }
            }
            catch (JsonException)
            {
                // Cut off, or no problem after all: as it is.
            }
        }

        return text.Length > Longest ? text[..Longest] : text;
    }

    private static string? Member(JsonElement problem, string name) =>
        problem.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
