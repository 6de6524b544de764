using System.Buffers;
using System.Text.Json;

namespace GitOps.Cli.Output;

internal static class JsonDocuments
{
    public static JsonElement Write(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            write(writer);
        }

        return Parse(bytes.WrittenMemory);
    }

    public static JsonElement Parse(ReadOnlyMemory<byte> bytes)
    {
        using var document = JsonDocument.Parse(bytes);
        return document.RootElement.Clone();
    }
}
