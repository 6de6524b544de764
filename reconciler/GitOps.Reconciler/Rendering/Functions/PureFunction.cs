using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace GitOps.Reconciler.Rendering.Functions;

/// <summary>
/// A function of the template language. Ours instead of Scriban's own: those reflect, are not bounded in what they produce,
/// or answer differently by culture and time.
/// </summary>
internal sealed class PureFunction(string name, IReadOnlyList<string> parameters, int required, Func<Call, object?> body)
    : IScriptCustomFunction
{
    public int RequiredParameterCount => required;

    public int ParameterCount => parameters.Count;

    public ScriptVarParamKind VarParamKind => ScriptVarParamKind.None;

    public Type ReturnType => typeof(object);

    public ScriptParameterInfo GetParameterInfo(int index) => index < required
        ? new ScriptParameterInfo(typeof(object), parameters[index])
        : new ScriptParameterInfo(typeof(object), parameters[index], Call.Absent);

    public object? Invoke(TemplateContext context, ScriptNode? callerContext, ScriptArray arguments, ScriptBlockStatement? blockStatement) =>
        body(new Call(name, (RenderContext)context, callerContext?.Span ?? context.CurrentSpan, arguments));

    public ValueTask<object?> InvokeAsync(
        TemplateContext context, ScriptNode? callerContext, ScriptArray arguments, ScriptBlockStatement? blockStatement) =>
        ValueTask.FromResult(Invoke(context, callerContext, arguments, blockStatement));
}

/// <summary>One call of a function: its arguments, each with the type the function wants.</summary>
internal readonly record struct Call(string Name, RenderContext Context, SourceSpan Span, ScriptArray Arguments)
{
    /// <summary>Stands for an argument that was not given.</summary>
    public static readonly object Absent = new();

    public object? this[int index] => ReferenceEquals(Arguments[index], Absent) ? null : Arguments[index];

    public bool Has(int index) => index < Arguments.Count && !ReferenceEquals(Arguments[index], Absent);

    public string Text(int index) => this[index] switch
    {
        SecretHole => throw new TemplateError(RenderCodes.SecretNotAllowed, Span,
            $"{Name} is given a secret, but a template never sees one", "write it alone: '{{ secret \"name/key\" }}'"),
        var value => ScriptValue.Text(value) ?? throw RenderContext.NotAScalar(Span, value),
    };

    public int Integer(int index)
    {
        var number = Number(index);
        return number is >= int.MinValue and <= int.MaxValue && decimal.IsInteger(number)
            ? (int)number
            : throw TemplateError.Operand(Span, $"{Name} wants an integer of 32 bits, not {ScriptValue.Text(this[index])}");
    }

    public decimal Number(int index)
    {
        var value = this[index];
        return value is not (string or bool or null) && ScriptValue.NumberText(value) is { } text &&
            decimal.TryParse(text, System.Globalization.NumberStyles.Number, System.Globalization.CultureInfo.InvariantCulture, out var number)
                ? number
                : throw TemplateError.Operand(Span, $"{Name} wants a number, not {RenderContext.Describe(value)}");
    }

    /// <summary>The items; a list that is not there yet in memory (a range) is counted.</summary>
    public IReadOnlyList<object?> List(int index)
    {
        var value = this[index];
        if (!ScriptValue.IsList(value))
        {
            throw TemplateError.Operand(Span, $"{Name} wants a list, not {RenderContext.Describe(value)}");
        }

        List<object?> items = [];
        foreach (var item in (System.Collections.IEnumerable)value!)
        {
            items.Add(item);
            if (items.Count > TemplateLimits.TextLength)
            {
                Context.Charge(Span, items.Count);
            }
        }

        Context.Charge(Span, items.Count);
        return items;
    }

    /// <summary>A text of that length is about to be made.</summary>
    public void Charge(long length) => Context.Charge(Span, length);
}
