namespace GitOps.Manifests;

/// <summary>What somebody wrote, cut down so that it fits into a message and cannot break its line.</summary>
internal static class Excerpt
{
    private const int MaxLength = 60;

    public static string Of(string text)
    {
        var line = text.AsSpan().ContainsAny('\n', '\r') || text.Any(char.IsControl)
            ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c))
            : text;
        return line.Length <= MaxLength ? line : string.Concat(line.AsSpan(0, MaxLength - 1), "…");
    }

    /// <summary>As a YAML scalar in quotes that need no escapes.</summary>
    public static string Quoted(string text) =>
        text.Contains('\'', StringComparison.Ordinal) ? $"\"{Of(text)}\"" : $"'{Of(text)}'";
}
