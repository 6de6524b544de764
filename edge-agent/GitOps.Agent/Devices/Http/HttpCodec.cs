using System.Text;
using System.Text.Json;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices.Http;

/// <summary>Values in the bodies of HTTP: text, or a place in a JSON document.</summary>
public static class HttpCodec
{
    /// <summary>Deeper answers are no value.</summary>
    private static readonly JsonDocumentOptions Limits = new() { MaxDepth = 64 };

    /// <summary>Reads the value of a property out of an answer; never throws, whatever the bytes.</summary>
    public static Decoded Decode(DeviceProperty property, ReadOnlyMemory<byte> body)
    {
        if (property.Http?.Pointer is not { } pointer)
        {
            return TextCodec.Decode(property, Encoding.UTF8.GetString(body.Span));
        }

        try
        {
            using var document = JsonDocument.Parse(body, Limits);
            return JsonPointer.Find(document.RootElement, pointer) switch
            {
                null => new Decoded.Bad($"the answer has nothing at '{pointer}'"),
                { ValueKind: JsonValueKind.String } text => TextCodec.Decode(property, text.GetString()!),
                { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } scalar => TextCodec.Decode(property, scalar.GetRawText()),
                { } other => new Decoded.Bad($"the answer has {other.ValueKind switch { JsonValueKind.Null => "null", JsonValueKind.Array => "an array", _ => "an object" }} at '{pointer}'"),
            };
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return new Decoded.Bad("the answer is no JSON"); // or a string of it no Unicode
        }
    }

    /// <summary>The body that says a value; null when the property cannot say it.</summary>
    public static (byte[] Body, string MediaType)? Encode(DeviceProperty property, DeviceValue value)
    {
        if (TextCodec.Encode(property, value) is not Encoded.Text(var text))
        {
            return null;
        }

        var pointer = property.Http?.Write?.Pointer ?? property.Http?.Pointer;
        var json = pointer is null ? null : JsonPointer.Wrap(pointer, writer =>
        {
            if (property.Type == DeviceValueType.String)
            {
                writer.WriteStringValue(text);
            }
            else
            {
                writer.WriteRawValue(text); // a number or a bool in its shortest form, which JSON writes alike
            }
        });
        return pointer is null ? (Encoding.UTF8.GetBytes(text), "text/plain") : json is null ? null : (json, "application/json");
    }
}
