using System.Text.Json;
using GitOps.Agent.Generations;
using GitOps.Agent.Host.History;
using GitOps.Agent.History;

namespace GitOps.Agent.Host.Control;

/// <summary>What <c>history</c> prints as JSON: the generations on this disk, the bundles given up, and what happened, newest first.</summary>
internal static class HistoryDocument
{
    public static byte[] Of(GenerationState state, IReadOnlyList<HistoryEntry> entries) => JsonDocuments.Write(json =>
    {
        json.WriteNumber("format", 1);
        json.WriteStartArray("kept");
        WriteKept(json, "committed", state.Committed, entries);
        WriteKept(json, "fallback", state.Fallback, entries);
        WriteKept(json, state.Attempt is { IsStaged: true } ? "applying" : "fetching", state.Attempt?.Release, entries);
        WriteKept(json, "next", state.Next, entries);
        json.WriteEndArray();
        json.WriteStartArray("quarantined");
        foreach (var given in state.Quarantined)
        {
            json.WriteStartObject();
            json.WriteString("bundle", given.Bundle.ToString());
            WriteText(json, "unit", given.Unit?.ToString());
            json.WriteString("because", $"{given.Problem.Code}: {given.Problem.What}");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("entries");
        foreach (var entry in entries.Reverse())
        {
            json.WriteRawValue(HistoryJson.Write(entry));
        }

        json.WriteEndArray();
    });

    private static void WriteKept(Utf8JsonWriter json, string role, Release? release, IReadOnlyList<HistoryEntry> entries)
    {
        if (release is null)
        {
            return;
        }

        json.WriteStartObject();
        json.WriteString("role", role);
        json.WriteNumber("generation", release.Generation);
        json.WriteString("bundle", release.Bundle.ToString());
        json.WriteString("revision", release.Revision);
        var committed = entries.LastOrDefault(e => e.Kind == HistoryKind.Committed && e.Generation == release.Generation);
        WriteText(json, "committedAt", committed?.At.UtcDateTime.ToString("u", System.Globalization.CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }
}
