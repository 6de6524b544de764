using System.Text;

namespace GitOps.ControlPlane.Warm;

/// <summary>Reads what <see cref="WarmWriter"/> wrote, from bytes whose digest was found right.</summary>
internal sealed class WarmReader(ReadOnlyMemory<byte> bytes)
{
    private readonly List<string> _texts = [];
    private int _at;

    public bool IsAtEnd => _at == bytes.Length;

    /// <exception cref="InvalidDataException">Not what the writer writes.</exception>
    public int Number()
    {
        var value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Raw(1).Span[0];
            value |= (next & 0x7F) << shift;
            if ((next & 0x80) == 0)
            {
                return value;
            }
        }

        throw new InvalidDataException("a number has no end");
    }

    /// <summary>A piece of what is read, not a copy.</summary>
    public ReadOnlyMemory<byte> Bytes() => Raw(Number());

    public ReadOnlyMemory<byte> Raw(int length)
    {
        if (length < 0 || length > bytes.Length - _at)
        {
            throw new InvalidDataException("it ends too early");
        }

        _at += length;
        return bytes.Slice(_at - length, length);
    }

    public string? OptionalText()
    {
        switch (Number())
        {
            case 0:
                return null;
            case 1:
                var text = Encoding.UTF8.GetString(Bytes().Span);
                _texts.Add(text);
                return text;
            case var known when known - 2 < _texts.Count:
                return _texts[known - 2];
            default:
                throw new InvalidDataException("a text is named that was not written");
        }
    }

    public string Text() => OptionalText() ?? throw new InvalidDataException("a text is missing");
}
