using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace GitOps.Platform.Logging;

/// <summary>Lines as text; pure.</summary>
internal static class LogLineWriter
{
    // A log is read by people: only what JSON itself demands is escaped.
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly SearchValues<char> NeedsQuotes = SearchValues.Create(" =\"\\\n\r\t");

    /// <param name="repeats">How often it was said since it was last written; 0: this is news.</param>
    public static string Write(LogLine line, int repeats, LogFormat format) =>
        format == LogFormat.Json ? Json(line, repeats) : Logfmt(line, repeats);

    private static IEnumerable<KeyValuePair<string, string>> Head(LogLine line)
    {
        yield return new("time", line.Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        yield return new("level", Name(line.Level));
        if (line.Code is { } code)
        {
            yield return new("code", code);
        }

        yield return new("source", line.Source);
        yield return new("msg", line.Message);
    }

    private static string Logfmt(LogLine line, int repeats)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in Head(line).Concat(line.Values))
        {
            Append(key, value);
        }

        if (line.Error is { } error)
        {
            Append("error", error);
        }

        if (repeats > 0)
        {
            Append("repeats", repeats.ToString(CultureInfo.InvariantCulture));
        }

        return text.ToString();

        void Append(string key, string value)
        {
            text.Append(text.Length == 0 ? "" : " ").Append(key).Append('=');
            if (value.Length > 0 && !value.AsSpan().ContainsAny(NeedsQuotes) && !value.Any(char.IsControl))
            {
                text.Append(value);
                return;
            }

            text.Append('"');
            foreach (var c in value)
            {
                // A value must not be able to begin a line of its own, or to move a terminal's cursor.
                _ = c switch
                {
                    '"' => text.Append("\\\""),
                    '\\' => text.Append("\\\\"),
                    '\n' => text.Append("\\n"),
                    '\r' => text.Append("\\r"),
                    '\t' => text.Append("\\t"),
                    _ when char.IsControl(c) => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                    _ => text.Append(c),
                };
            }

            text.Append('"');
        }
    }

    private static string Json(LogLine line, int repeats)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonOptions))
        {
            json.WriteStartObject();
            foreach (var (key, value) in Head(line))
            {
                json.WriteString(key, value);
            }

            if (line.Values.Count > 0)
            {
                json.WriteStartObject("values"); // apart, so that no placeholder can hide a member of ours
                foreach (var (key, value) in line.Values)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            if (line.Error is { } error)
            {
                json.WriteString("error", error);
            }

            if (repeats > 0)
            {
                json.WriteNumber("repeats", repeats);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
