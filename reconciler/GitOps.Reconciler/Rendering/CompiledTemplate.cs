using System.Collections.Concurrent;
using Scriban;
using Scriban.Parsing;
using Scriban.Syntax;

namespace GitOps.Reconciler.Rendering;

/// <summary>
/// A template parsed and checked once, for all nodes. Has either errors or a page. <see cref="Single"/> is its expression
/// when the whole text is exactly one, so that the result keeps its type.
/// </summary>
internal sealed class CompiledTemplate
{
    private static readonly ParserOptions Options = new() { ExpressionDepthLimit = TemplateLimits.Depth };
    private static readonly LexerOptions Lexing = LexerOptions.Default;

    private CompiledTemplate(ScriptPage? page, IReadOnlyList<TemplateError> errors)
    {
        Page = page;
        Errors = errors;
        if (page is not null)
        {
            UsesNode = Nodes(page).Any(node => node is ScriptVariableGlobal { Name: "node" } or ScriptThisExpression);
            UsesSecrets = Nodes(page).Any(node => node is ScriptVariableGlobal { Name: "secret" } or ScriptThisExpression);
            Single = SingleExpression(page);
        }
    }

    public ScriptPage? Page { get; }

    public IReadOnlyList<TemplateError> Errors { get; }

    public ScriptExpressionStatement? Single { get; }

    /// <summary>The result may differ between nodes that have the same values and site.</summary>
    public bool UsesNode { get; }

    /// <summary>The result may differ with what Git holds about secrets.</summary>
    public bool UsesSecrets { get; }

    public static CompiledTemplate Parse(string text)
    {
        var template = Template.Parse(text, parserOptions: Options, lexerOptions: Lexing);
        if (template.HasErrors || template.Page is null)
        {
            return new(null, [.. template.Messages
                .Where(message => message.Type == ParserMessageType.Error)
                .Select(message => new TemplateError(RenderCodes.Syntax, Placed(message.Span, text), Sentence(message.Message), "correct the template"))]);
        }

        var refused = Nodes(template.Page).Select(Refusal).OfType<TemplateError>().ToList();
        return refused.Count > 0 ? new(null, refused) : new(template.Page, []);
    }

    /// <summary>The end of the text has no place for the parser; a person needs one.</summary>
    private static SourceSpan Placed(SourceSpan span, string text)
    {
        if (span.Start.Line >= 0)
        {
            return span;
        }

        var end = new TextPosition(text.Length, text.AsSpan().Count('\n'), text.Length - text.LastIndexOf('\n') - 1);
        return new SourceSpan(span.FileName, end, end);
    }

    /// <summary>Syntax that reads from elsewhere, or whose cost cannot be counted beforehand.</summary>
    private static TemplateError? Refusal(ScriptNode node) => node switch
    {
        ScriptImportStatement => RenderContext.NotAllowed(node.Span, "import"),
        // It asks values for their text itself: secrets, lists and cultures would show.
        ScriptInterpolatedStringExpression => RenderContext.NotAllowed(node.Span, "an interpolated string ($\"…\")"),
        ScriptAssignExpression { Target: not ScriptVariable } or ScriptIncrementDecrementExpression { Right: not ScriptVariable } =>
            RenderContext.NotAllowed(node.Span, "assigning to a member or an item"),
        ScriptBinaryExpression { Operator: ScriptBinaryOperator.Power or ScriptBinaryOperator.ShiftLeft or ScriptBinaryOperator.ShiftRight } =>
            RenderContext.NotAllowed(node.Span, "shifting bits or raising to a power"),
        _ => null,
    };

    private static ScriptExpressionStatement? SingleExpression(ScriptPage page) =>
        page.Body?.Statements.Where(s => s is not (ScriptEscapeStatement or ScriptNopStatement)).ToList() is [ScriptExpressionStatement only] &&
        only.Expression is not ScriptAssignExpression
            ? only
            : null;

    private static IEnumerable<ScriptNode> Nodes(ScriptNode root)
    {
        Stack<ScriptNode> open = new([root]);
        while (open.TryPop(out var node))
        {
            yield return node;
            for (var i = 0; i < node.ChildrenCount; i++)
            {
                if (node.GetChildren(i) is { } child)
                {
                    open.Push(child);
                }
            }
        }
    }

    private static string Sentence(string message) => message.TrimEnd('.').ReplaceLineEndings(" ");
}

/// <summary>Templates by their text: the same scalar in a thousand places is parsed once.</summary>
internal sealed class TemplateCache
{
    // Beyond this many, most are of revisions long gone: they are parsed again when needed.
    private const int Most = 20_000;
    private readonly ConcurrentDictionary<string, CompiledTemplate> _byText = new(StringComparer.Ordinal);

    /// <summary>Between revisions: keeps what templates cost within bounds.</summary>
    public void Trim()
    {
        if (_byText.Count > Most)
        {
            _byText.Clear();
        }
    }

    public CompiledTemplate Get(string text) => _byText.GetOrAdd(text, CompiledTemplate.Parse);
}
