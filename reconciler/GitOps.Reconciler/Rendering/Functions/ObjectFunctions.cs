using Scriban.Runtime;

namespace GitOps.Reconciler.Rendering.Functions;

/// <summary><c>object.*</c>: looks into mappings whose members are not known beforehand.</summary>
internal static class ObjectFunctions
{
    public static readonly IReadOnlyList<(string Name, string[] Parameters, int Required, Func<Call, object?> Body)> All =
    [
        ("default", ["value", "otherwise"], 2, call => call[0] ?? call[1]),
        ("has_key", ["mapping", "name"], 2, call => Mapping(call).Contains(call.Text(1))),
        ("keys", ["mapping"], 1, call => new ScriptArray(Mapping(call).GetMembers())),
        ("size", ["mapping"], 1, call => (long)Mapping(call).Count),
        ("to_json", ["value"], 1, JsonText.Of),
    ];

    private static IScriptObject Mapping(Call call) => ScriptValue.Mapping(call[0]) ??
        throw TemplateError.Operand(call.Span, $"{call.Name} wants a mapping, not {RenderContext.Describe(call[0])}");
}
