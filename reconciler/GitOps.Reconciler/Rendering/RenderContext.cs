using System.Collections;
using System.Numerics;
using Scriban;
using Scriban.Runtime;
using Scriban.Syntax;
using ScribanSpan = Scriban.Parsing.SourceSpan;

namespace GitOps.Reconciler.Rendering;

/// <summary>
/// Scriban, held to our rules: only our functions, nothing undefined, everything counted. One per thread, used again and
/// again; <see cref="Begin"/> clears what a rendering left.
/// </summary>
internal sealed class RenderContext : TemplateContext
{
    private readonly List<(int At, SecretHole Hole)> _holes = [];
    private RenderScope? _scope;
    private int _steps;
    private int _produced;
    private int _written;

    public RenderContext()
        : base(Builtins.Create())
    {
        StrictVariables = true;
        EnableRelaxedMemberAccess = false;
        EnableRelaxedIndexerAccess = false;
        EnableRelaxedTargetAccess = false;
        AutoIndent = false;
        NewLine = "\n";
        LoopLimit = TemplateLimits.Iterations;
        RecursiveLimit = TemplateLimits.CallDepth;
        ObjectRecursionLimit = TemplateLimits.Depth;
        // Scriban cuts silently at its limit; ours is checked before and is an error, so Scriban's never takes effect.
        LimitToString = TemplateLimits.TextLength + 1;
        TryGetVariable = Undefined;
        TryGetMember = Missing;
    }

    public RenderScope Scope => _scope ?? throw new InvalidOperationException("no rendering has begun");

    /// <summary>The template's result goes where the agent can put a secret in.</summary>
    public bool AllowsSecrets { get; private set; }

    /// <summary>Where set, every member that templates look up is added by its path: <c>values.port</c>.</summary>
    public ISet<string>? Reads { get; set; }

    /// <summary>Makes ready for one template.</summary>
    public void Begin(RenderScope scope, bool output, bool allowSecrets)
    {
        Reset();
        _scope = scope;
        AllowsSecrets = allowSecrets;
        (_steps, _produced, _written) = (0, 0, 0);
        _holes.Clear();
        EnableOutput = output;
        PushGlobal(scope.Variables);
        PushGlobal(new ScriptObject(0, autoImportStaticsFromThisType: false)); // what the template assigns
    }

    /// <summary>The output as parts, once a template has run.</summary>
    public IReadOnlyList<RenderedPart> TakeOutput()
    {
        var text = ((StringBuilderOutput)Output).Builder.ToString();
        List<RenderedPart> parts = [];
        var from = 0;
        foreach (var (at, hole) in _holes)
        {
            if (at > from)
            {
                parts.Add(new RenderedPart.Text(text[from..at]));
            }

            parts.Add(new RenderedPart.Hole(hole));
            from = at;
        }

        if (from < text.Length || parts.Count == 0)
        {
            parts.Add(new RenderedPart.Text(text[from..]));
        }

        return parts;
    }

    /// <summary>Counts what an operation is about to produce, before memory is spent on it.</summary>
    public void Charge(ScribanSpan span, long length)
    {
        if (length > TemplateLimits.TextLength)
        {
            throw TemplateError.Limit(span, $"this produces {length} characters or items, the limit is {TemplateLimits.TextLength}");
        }

        _produced += (int)length;
        if (_produced > TemplateLimits.Produced)
        {
            throw TemplateError.Limit(span, $"the template has produced more than {TemplateLimits.Produced} characters or items in all");
        }
    }

    public override object? Evaluate(ScriptNode? scriptNode, bool aliasReturnedFunction)
    {
        if (scriptNode is null)
        {
            return null;
        }

        if (++_steps > TemplateLimits.Steps)
        {
            throw TemplateError.Limit(scriptNode.Span, $"the template takes more than {TemplateLimits.Steps} steps");
        }

        if (scriptNode is ScriptRawStatement raw)
        {
            Written(raw.Span, raw.Text.Length);
        }

        var result = base.Evaluate(scriptNode, aliasReturnedFunction);
        if (result is StringBuilderOutput captured)
        {
            result = captured.ToString(); // what capture keeps: text from here on
            ChargeResult(scriptNode.Span, result);
        }

        if (scriptNode is ScriptExpressionStatement && EnableOutput && result is not (null or SecretHole) && ScriptValue.Text(result) is null)
        {
            throw NotAScalar(scriptNode.Span, result); // here, because Scriban writes with the span of the whole block
        }

        // A path only looks up what exists already; everything else may have made something new.
        if (scriptNode is ScriptExpression and not IScriptVariablePath and not ScriptLiteral)
        {
            ChargeResult(scriptNode.Span, result);
        }

        return result;
    }

    public override TemplateContext Write(ScribanSpan span, object? textAsObject)
    {
        if (textAsObject is SecretHole hole)
        {
            if (OutputCount > 1)
            {
                throw SecretInside(span);
            }

            _holes.Add((((StringBuilderOutput)Output).Builder.Length, hole));
            return this;
        }

        var text = ObjectToString(textAsObject) ?? "";
        Written(span, text.Length);
        Write(text);
        return this;
    }

    /// <summary>Only scalars are text: a list that shows up as <c>[1, 2]</c> in a file is a mistake nobody would notice.</summary>
    public override string? ObjectToString(object? value, bool nested = false) => value switch
    {
        SecretHole => throw SecretInside(CurrentSpan),
        null when nested => "null",
        string text when nested => $"\"{text}\"",
        _ => ScriptValue.Text(value) ?? throw NotAScalar(CurrentSpan, value),
    };

    public override void Import(ScribanSpan span, object objectToImport) => throw NotAllowed(span, "import");

    internal static TemplateError NotAScalar(ScribanSpan span, object? value) => new(RenderCodes.NotAScalar, span,
        $"this gives {Describe(value)}, not a single value",
        value is double ? "correct the arithmetic, or the values it works with"
        : ScriptValue.IsList(value)
            ? "write one value at a time: '{{ for item in list }}…{{ end }}', or 'array.join list \", \"'"
            : "name one of its members; to insert the whole subtree of values use '$value: path', or 'object.to_json' in a text");

    internal static TemplateError NotAllowed(ScribanSpan span, string what) => new(RenderCodes.NotAllowed, span,
        $"{what} is not offered in templates", "put what is needed into values, or into the template itself");

    internal static string Describe(object? value) => value switch
    {
        null => "nothing (null)",
        string => "text",
        bool => "true or false",
        SecretHole => "a secret",
        IScriptCustomFunction => "a function",
        ScriptArray => "a list",
        ValueObject mapping => $"the mapping '{mapping.Path}'",
        IScriptObject => "a mapping",
        IEnumerable => "a list",
        _ when ScriptValue.NumberText(value) is not null => "a number",
        double => "a number that is infinite, too large or not a number",
        _ => "something that is no value",
    };

    protected override IObjectAccessor? GetMemberAccessorImpl(object target) =>
        // Scriban would reflect over any other .NET object.
        target is IScriptObject or string or IList ? base.GetMemberAccessorImpl(target) : null;

    private static TemplateError SecretInside(ScribanSpan span) => new(RenderCodes.SecretNotAllowed, span,
        "a secret is used as a value, but a template never sees one",
        "write it alone: '{{ secret \"name/key\" }}', outside of capture, functions and other expressions");

    private void Written(ScribanSpan span, int length)
    {
        _written += length;
        if (_written > TemplateLimits.TextLength)
        {
            throw TemplateError.Limit(span, $"the output is longer than {TemplateLimits.TextLength} characters");
        }
    }

    private void ChargeResult(ScribanSpan span, object? result)
    {
        switch (result)
        {
            case string text:
                Charge(span, text.Length);
                break;
            case ICollection list:
                Charge(span, list.Count);
                break;
            case BigInteger number when number.GetBitLength() > TemplateLimits.IntegerBits:
                throw TemplateError.Limit(span, $"a number has more than {TemplateLimits.IntegerBits} bits");
        }
    }

    private static bool Undefined(TemplateContext context, ScribanSpan span, ScriptVariable variable, out object? value)
    {
        var self = (RenderContext)context;
        var known = self.Scope.Variables.GetMembers().Append("node").Concat(self.BuiltinObject.GetMembers()).Distinct();
        throw new TemplateError(RenderCodes.Undefined, span, $"there is no variable or function '{variable.Name}'",
            Similar.Fix(variable.Name, known, "templates see [values, node, site, fleet]"));
    }

    private static bool Missing(TemplateContext context, ScribanSpan span, object target, string member, out object? value)
    {
        var (path, known, otherwise) = target switch
        {
            ValueObject mapping => ($"'{mapping.Path}'", mapping.GetMembers(),
                "define it in the values of the Fleet, a Site, a NodeGroup or the EdgeNode"),
            ScriptArray => ("a list", [], "name an item: list[0]"),
            IScriptObject members => ("the object", members.GetMembers(), "docs/templates.md lists the functions"),
            _ => (Describe(target), Enumerable.Empty<string>(), "take the member out"),
        };
        throw new TemplateError(RenderCodes.Undefined, span, $"{path} has no member '{member}'",
            Similar.Fix(member, known, otherwise));
    }
}
