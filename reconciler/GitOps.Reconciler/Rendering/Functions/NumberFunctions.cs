namespace GitOps.Reconciler.Rendering.Functions;

/// <summary><c>math.*</c> on decimals: exact, and the same everywhere.</summary>
internal static class NumberFunctions
{
    public static readonly IReadOnlyList<(string Name, string[] Parameters, int Required, Func<Call, object?> Body)> All =
    [
        ("abs", ["number"], 1, call => ScriptValue.Number(Math.Abs(call.Number(0)))),
        ("ceil", ["number"], 1, call => ScriptValue.Number(Math.Ceiling(call.Number(0)))),
        ("floor", ["number"], 1, call => ScriptValue.Number(Math.Floor(call.Number(0)))),
        ("round", ["number", "digits"], 1, call => ScriptValue.Number(
            Math.Round(call.Number(0), call.Has(1) ? Math.Clamp(call.Integer(1), 0, 28) : 0, MidpointRounding.AwayFromZero))),
        ("min", ["left", "right"], 2, call => ScriptValue.Number(Math.Min(call.Number(0), call.Number(1)))),
        ("max", ["left", "right"], 2, call => ScriptValue.Number(Math.Max(call.Number(0), call.Number(1)))),
        ("plus", ["left", "right"], 2, call => Exact(call, static (l, r) => l + r)),
        ("minus", ["left", "right"], 2, call => Exact(call, static (l, r) => l - r)),
        ("times", ["left", "right"], 2, call => Exact(call, static (l, r) => l * r)),
        ("divided_by", ["left", "right"], 2, call => Exact(call, static (l, r) => l / r)),
        ("modulo", ["left", "right"], 2, call => Exact(call, static (l, r) => l % r)),
    ];

    private static object Exact(Call call, Func<decimal, decimal, decimal> operation)
    {
        try
        {
            return ScriptValue.Number(operation(call.Number(0), call.Number(1)));
        }
        catch (ArithmeticException)
        {
            throw TemplateError.Operand(call.Span, $"{call.Name} of {call.Text(0)} and {call.Text(1)} has no result that fits");
        }
    }
}
