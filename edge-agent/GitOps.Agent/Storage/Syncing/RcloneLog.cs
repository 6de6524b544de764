using System.Text.Json;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Storage.Syncing;

/// <summary>What rclone says with <c>--use-json-log</c>: how far it is, and what went wrong.</summary>
public sealed class RcloneLog
{
    private const int LongestMessage = 300;

    public SyncProgress? Progress { get; private set; }

    /// <summary>The last error it told of, on one line.</summary>
    public string? Error { get; private set; }

    /// <summary>Takes one line.</summary>
    /// <returns>Whether the progress is another one.</returns>
    public bool Add(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var entry = document.RootElement;
            if (entry.TryGetProperty("stats", out var stats) && stats.TryGetProperty("bytes", out var bytes) && stats.TryGetProperty("totalBytes", out var total))
            {
                var before = Progress;
                Progress = new SyncProgress(bytes.GetInt64(), total.GetInt64());
                return Progress != before;
            }

            if (entry.TryGetProperty("level", out var level) && level.GetString() is "error" or "critical" or "fatal" && entry.TryGetProperty("msg", out var message))
            {
                Note(message.GetString());
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // Said before it knew that it was to speak JSON, or last of all. What is set in goes on with the line before.
            if (line.Length > 0 && !char.IsWhiteSpace(line[0]))
            {
                Note(line);
            }
        }

        return false;
    }

    private void Note(string? message)
    {
        var text = message?.ReplaceLineEndings(" ").Trim();
        if (!string.IsNullOrEmpty(text))
        {
            Error = text.Length <= LongestMessage ? text : text[..(LongestMessage - 1)] + "…";
        }
    }
}
