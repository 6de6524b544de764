using System.Globalization;
using System.Text;

namespace GitOps.Reconciler.Rendering;

/// <summary>
/// Carries contents with holes through the typed binder, which knows text only. A hole is written as an escape, and the
/// escape character itself is escaped wherever it occurs, so that no rendered value can be read as a hole.
/// </summary>
internal sealed class ContentCode
{
    private const char Escape = '\uE000'; // private use: rare in text, printable for the binder
    private readonly List<SecretHole> _holes = [];

    public string Encode(IReadOnlyList<RenderedPart> parts)
    {
        var code = new StringBuilder();
        foreach (var part in parts)
        {
            if (part is RenderedPart.Text(var text))
            {
                code.Append(text.Replace($"{Escape}", $"{Escape}{Escape}", StringComparison.Ordinal));
            }
            else if (part is RenderedPart.Hole(var hole))
            {
                code.Append(Escape).Append(_holes.Count.ToString(CultureInfo.InvariantCulture)).Append(';');
                _holes.Add(hole);
            }
        }

        return code.ToString();
    }

    public IReadOnlyList<RenderedPart> Decode(string code)
    {
        List<RenderedPart> parts = [];
        var text = new StringBuilder();
        for (var at = 0; at < code.Length; at++)
        {
            if (code[at] != Escape)
            {
                text.Append(code[at]);
            }
            else if (code[at + 1] == Escape)
            {
                text.Append(Escape);
                at++;
            }
            else
            {
                var end = code.IndexOf(';', at);
                var hole = _holes[int.Parse(code.AsSpan(at + 1, end - at - 1), NumberStyles.None, CultureInfo.InvariantCulture)];
                Flush(text, parts);
                parts.Add(new RenderedPart.Hole(hole));
                at = end;
            }
        }

        Flush(text, parts);
        return parts;
    }

    private static void Flush(StringBuilder text, List<RenderedPart> parts)
    {
        if (text.Length > 0)
        {
            parts.Add(new RenderedPart.Text(text.ToString()));
            text.Clear();
        }
    }
}
