using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace GitOps.Bundles.Json;

/// <summary>
/// Writes values of the wire as RFC 8785 wants them, in one go: their types list members in canonical order, so that what
/// the serialiser writes is nearly always canonical already. It is checked, and written again where it is not.
/// </summary>
internal static class CanonicalWriter
{
    private static readonly JsonSerializerOptions Options = new(BundleContext.Default.Options)
    {
        TypeInfoResolver = BundleContext.Default.WithAddedModifier(SortMembers),
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // escapes more than the RFC does: the check sees it
    };

    [ThreadStatic]
    private static Pad? _pad;

    /// <summary>How values of a type are written here.</summary>
    public static JsonTypeInfo TypeOf<T>() => Options.GetTypeInfo(typeof(T));

    /// <param name="write">Writes one value; members of an object it begins itself in ascending order.</param>
    public static byte[] Write<TState>(TState state, Action<Utf8JsonWriter, TState> write)
    {
        var pad = _pad ?? new Pad();
        _pad = null; // for a writer inside of another
        write(pad.Writer, state);
        pad.Writer.Flush();
        var written = pad.Buffer.WrittenMemory;
        var bytes = CanonicalCheck.IsCanonical(written.Span) ? written.ToArray() : Again(written);
        pad.Clear();
        _pad = pad;
        return bytes;
    }

    private static byte[] Again(ReadOnlyMemory<byte> written)
    {
        using var document = JsonDocument.Parse(written);
        return CanonicalJson.Write(document.RootElement);
    }

    private static void SortMembers(JsonTypeInfo type)
    {
        var order = 0;
        foreach (var member in type.Properties.OrderBy(member => member.Name, StringComparer.Ordinal))
        {
            member.Order = order++;
        }
    }

    private sealed class Pad
    {
        private const int Largest = 1 << 20;

        public Pad() => Writer = new Utf8JsonWriter(Buffer, new JsonWriterOptions { Encoder = Options.Encoder });

        public ArrayBufferWriter<byte> Buffer { get; private set; } = new(4096);

        public Utf8JsonWriter Writer { get; }

        public void Clear()
        {
            Buffer = Buffer.Capacity > Largest ? new(4096) : Buffer;
            Buffer.ResetWrittenCount();
            Writer.Reset(Buffer);
        }
    }
}
