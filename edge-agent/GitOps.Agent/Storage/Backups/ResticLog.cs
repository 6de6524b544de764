using System.Text.Json;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Storage.Backups;

/// <param name="Files">That it holds.</param>
/// <param name="Bytes">That it holds.</param>
/// <param name="Moved">Files that are new or have changed since the one before.</param>
/// <param name="Added">Bytes that the repository did not have.</param>
public sealed record SnapshotSummary(string Snapshot, long Files, long Bytes, long Moved, long Added);

/// <summary>What restic says with <c>--json</c>, on both of its streams.</summary>
public sealed class ResticLog
{
    private const int LongestMessage = 300;
    private const string Fatal = "Fatal: ";
    private bool _isFatal;

    public SyncProgress? Progress { get; private set; }

    public SnapshotSummary? Summary { get; private set; }

    /// <summary>Files that could not be read. One that went while others were read is no error.</summary>
    public int Unread { get; private set; }

    /// <summary>The last error it told of, on one line.</summary>
    public string? Error { get; private set; }

    /// <summary>Takes one line.</summary>
    /// <returns>Whether the progress is another one.</returns>
    public bool Add(string line)
    {
        if (line.Length == 0 || line[0] != '{')
        {
            Note(line);
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(line);
            var entry = document.RootElement;
            switch (Text(entry, "message_type"))
            {
                case "status":
                    var before = Progress;
                    Progress = new SyncProgress(Number(entry, "bytes_done"), Number(entry, "total_bytes"));
                    return Progress != before;
                case "summary" when Text(entry, "snapshot_id") is { } id:
                    Summary = new SnapshotSummary(id, Number(entry, "total_files_processed"), Number(entry, "total_bytes_processed"),
                        Number(entry, "files_new") + Number(entry, "files_changed"), Number(entry, "data_added"));
                    break;
                case "error":
                    NoteUnread(entry);
                    break;
                case "exit_error":
                    Note(Text(entry, "message"));
                    break;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            Note(line);
        }

        return false;
    }

    private void NoteUnread(JsonElement entry)
    {
        const int NoSuchFile = 2;
        var item = Text(entry, "item") ?? "a file";
        if (entry.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
        {
            var message = Text(error, "message");
            if (Number(error, "Err") == NoSuchFile || message?.EndsWith("no such file or directory", StringComparison.Ordinal) == true)
            {
                return;
            }

            Note(message ?? $"{Text(error, "Op") ?? "read"} {item}: error {Number(error, "Err")}");
        }

        Unread++;
    }

    private void Note(string? message)
    {
        var text = message?.ReplaceLineEndings(" ").Trim();
        if (!string.IsNullOrEmpty(text) && !_isFatal)
        {
            _isFatal = text.StartsWith(Fatal, StringComparison.Ordinal); // what follows explains it
            text = _isFatal ? text[Fatal.Length..] : text;
            Error = text.Length <= LongestMessage ? text : text[..(LongestMessage - 1)] + "…";
        }
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long Number(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : 0;
}
