using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace GitOps.Agent.Host.Control;

/// <summary>Writes a document for people and their scripts: indented, and quotes and umlauts as they are.</summary>
internal static class JsonDocuments
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="members">Those of the one object it is.</param>
    public static byte[] Write(Action<Utf8JsonWriter> members)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }
}
