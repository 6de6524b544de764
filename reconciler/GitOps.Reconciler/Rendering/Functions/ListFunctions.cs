using Scriban.Runtime;

namespace GitOps.Reconciler.Rendering.Functions;

/// <summary><c>array.*</c>: each gives a new list and leaves the old one alone.</summary>
internal static class ListFunctions
{
    public static readonly IReadOnlyList<(string Name, string[] Parameters, int Required, Func<Call, object?> Body)> All =
    [
        ("size", ["list"], 1, call => (long)call.List(0).Count),
        ("first", ["list"], 1, call => call.List(0) is [var first, ..] ? first : null),
        ("last", ["list"], 1, call => call.List(0) is [.., var last] ? last : null),
        ("join", ["list", "by"], 2, Join),
        ("contains", ["list", "item"], 2, call => call.List(0).Any(item => Equal(item, call[1]))),
        ("concat", ["list", "other"], 2, call => Made(call, call.List(0).Concat(call.List(1)))),
        ("add", ["list", "item"], 2, call => Made(call, call.List(0).Append(call[1]))),
        ("reverse", ["list"], 1, call => Made(call, call.List(0).Reverse())),
        ("uniq", ["list"], 1, call => Made(call, call.List(0).Distinct(ByText))),
        ("compact", ["list"], 1, call => Made(call, call.List(0).Where(item => item is not null))),
        ("limit", ["list", "count"], 2, call => Made(call, call.List(0).Take(Math.Max(0, call.Integer(1))))),
        ("offset", ["list", "count"], 2, call => Made(call, call.List(0).Skip(Math.Max(0, call.Integer(1))))),
        ("sort", ["list", "member"], 1, Sort),
        ("map", ["list", "member"], 2, call => Made(call, call.List(0).Select(item => Member(call, item, call.Text(1))))),
    ];

    private static readonly IEqualityComparer<object?> ByText =
        EqualityComparer<object?>.Create(Equal, value => (ScriptValue.Text(value) ?? "").GetHashCode(StringComparison.Ordinal));

    private static string Join(Call call)
    {
        var by = call.Text(1);
        var texts = call.List(0).Select(item => call.Context.ObjectToString(item) ?? "").ToList();
        call.Charge(texts.Sum(text => (long)text.Length) + ((long)by.Length * Math.Max(0, texts.Count - 1)));
        return string.Join(by, texts);
    }

    /// <summary>Numbers by value before everything else by its text, ordinal; equal ones stay in order.</summary>
    private static ScriptArray Sort(Call call)
    {
        var keyed = call.List(0).Select(item => (Item: item, Key: call.Has(1) ? Member(call, item, call.Text(1)) : item));
        return Made(call, keyed
            .OrderBy(pair => Numeric(pair.Key) is null)
            .ThenBy(pair => Numeric(pair.Key) ?? 0)
            .ThenBy(pair => ScriptValue.Text(pair.Key) ?? throw RenderContext.NotAScalar(call.Span, pair.Key), StringComparer.Ordinal)
            .Select(pair => pair.Item));
    }

    private static object? Member(Call call, object? item, string name) =>
        ScriptValue.Mapping(item) is { } mapping && mapping.TryGetValue(call.Context, call.Span, name, out var value)
            ? value
            : throw new TemplateError(RenderCodes.Undefined, call.Span,
                $"{RenderContext.Describe(item)} in the list has no member '{name}'",
                Similar.Fix(name, ScriptValue.Mapping(item)?.GetMembers() ?? [], "every item needs it"));

    private static decimal? Numeric(object? value) =>
        value is not (string or bool or null) && ScriptValue.NumberText(value) is { } text &&
        decimal.TryParse(text, System.Globalization.NumberStyles.Number, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private static bool Equal(object? left, object? right) =>
        Numeric(left) is { } number ? Numeric(right) == number
        : ScriptValue.Text(left) is { } text ? Numeric(right) is null && ScriptValue.Text(right) == text
        : ReferenceEquals(left, right);

    private static ScriptArray Made(Call call, IEnumerable<object?> items)
    {
        var list = new ScriptArray(items);
        call.Charge(list.Count);
        return list;
    }
}
