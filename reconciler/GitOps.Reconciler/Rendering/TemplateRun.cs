using System.Buffers;
using System.Text;
using Scriban.Syntax;

namespace GitOps.Reconciler.Rendering;

/// <summary>What came out of one template.</summary>
internal abstract record Rendered
{
    private Rendered() { } // closed: every case is in this file

    public sealed record Text(IReadOnlyList<RenderedPart> Parts) : Rendered;

    /// <summary>The template was one expression that gave a boolean, a number or null: <paramref name="Value"/> as YAML writes it plain.</summary>
    public sealed record Plain(string Value) : Rendered
    {
        public const string Null = "null";

        /// <summary>Null is no text, as it is beside other text.</summary>
        public string AsText => Value == Null ? "" : Value;
    }

    public sealed record Failed(IReadOnlyList<TemplateError> Errors) : Rendered;
}

/// <summary>Runs a template. The only place that catches what the template engine throws.</summary>
internal static class TemplateRun
{
    public static Rendered Render(CompiledTemplate template, RenderScope scope, RenderContext context, bool allowSecrets)
    {
        if (template.Page is null)
        {
            return new Rendered.Failed(template.Errors);
        }

        try
        {
            if (template.Single is { } single)
            {
                context.Begin(scope, output: false, allowSecrets);
                return Single(context.Evaluate(single), single);
            }

            context.Begin(scope, output: true, allowSecrets);
            context.Evaluate(template.Page);
            return Checked(context.TakeOutput(), template.Page);
        }
        catch (TemplateError error)
        {
            return new Rendered.Failed([error]);
        }
        catch (ScriptRuntimeException error)
        {
            return new Rendered.Failed([Translate(error)]);
        }
    }

    /// <summary>Half a character (a slice through an emoji) and NUL fit into no file name, variable or JSON.</summary>
    private static Rendered Checked(IReadOnlyList<RenderedPart> parts, ScriptNode node)
    {
        foreach (var part in parts)
        {
            if (part is RenderedPart.Text(var text) && (text.Contains('\0', StringComparison.Ordinal) || !IsWellFormed(text)))
            {
                return new Rendered.Failed([TemplateError.Operand(node.Span, "the result holds half a character or a NUL")]);
            }
        }

        return new Rendered.Text(parts);
    }

    private static bool IsWellFormed(string text)
    {
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var length) != OperationStatus.Done)
            {
                return false;
            }

            rest = rest[length..];
        }

        return true;
    }

    private static Rendered Single(object? value, ScriptNode node) => value switch
    {
        null => new Rendered.Plain(Rendered.Plain.Null),
        string text => Checked([new RenderedPart.Text(text)], node),
        bool flag => new Rendered.Plain(flag ? "true" : "false"),
        SecretHole hole => new Rendered.Text([new RenderedPart.Hole(hole)]),
        _ => ScriptValue.NumberText(value) is { } number
            ? new Rendered.Plain(number)
            : new Rendered.Failed([RenderContext.NotAScalar(node.Span, value)]),
    };

    /// <summary>Scriban's own errors: its limits are ours, the rest is a mistake in the template.</summary>
    private static TemplateError Translate(ScriptRuntimeException error)
    {
        var message = error.OriginalMessage.TrimEnd('.').ReplaceLineEndings(" ");
        var isLimit = message.StartsWith("Exceed", StringComparison.Ordinal) || message.Contains("exceeds", StringComparison.Ordinal);
        return isLimit
            ? TemplateError.Limit(error.Span, Limit(message))
            : TemplateError.Operand(error.Span, message);
    }

    // Scriban prints the whole function into its message.
    private static string Limit(string message) =>
        message.Contains("recursive", StringComparison.Ordinal) ? $"calls are nested deeper than {TemplateLimits.CallDepth}"
        : message.Contains("iteration", StringComparison.Ordinal) || message.Contains("LoopLimit", StringComparison.Ordinal)
            ? $"the loop runs more than {TemplateLimits.Iterations} times"
        : $"this produces more than {TemplateLimits.TextLength} characters";
}
