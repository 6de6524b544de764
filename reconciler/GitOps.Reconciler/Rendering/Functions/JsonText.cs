using System.Collections;
using System.Globalization;
using System.Text;
using Scriban.Runtime;

namespace GitOps.Reconciler.Rendering.Functions;

/// <summary>Values as JSON (RFC 8259), members in the order written, without blanks.</summary>
internal static class JsonText
{
    public static string Quote(string text)
    {
        var json = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' => json.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => json.Append(c),
            };
        }

        return json.Append('"').ToString();
    }

    public static string Of(Call call)
    {
        var json = new StringBuilder();
        Write(call, json, call[0], depth: 0);
        return json.ToString();
    }

    private static void Write(Call call, StringBuilder json, object? value, int depth)
    {
        if (depth > TemplateLimits.Depth)
        {
            throw TemplateError.Limit(call.Span, $"the value is nested deeper than {TemplateLimits.Depth}");
        }

        if (json.Length > TemplateLimits.TextLength)
        {
            call.Charge(json.Length);
        }

        switch (value)
        {
            case null:
                json.Append("null");
                break;
            case string text:
                json.Append(Quote(text));
                break;
            case IScriptObject mapping when ScriptValue.Mapping(value) is not null:
                Join(json, '{', '}', mapping.GetMembers(), name =>
                {
                    json.Append(Quote(name)).Append(':');
                    mapping.TryGetValue(call.Context, call.Span, name, out var member);
                    Write(call, json, member, depth + 1);
                });
                break;
            case IEnumerable list:
                Join(json, '[', ']', list.Cast<object?>(), item => Write(call, json, item, depth + 1));
                break;
            default:
                json.Append(call.Context.ObjectToString(value));
                break;
        }
    }

    private static void Join<T>(StringBuilder json, char open, char close, IEnumerable<T> items, Action<T> write)
    {
        json.Append(open);
        var first = true;
        foreach (var item in items)
        {
            if (!first)
            {
                json.Append(',');
            }

            write(item);
            first = false;
        }

        json.Append(close);
    }
}
