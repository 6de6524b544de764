using GitOps.Bundles;
using Scriban.Parsing;
using Scriban.Syntax;

namespace GitOps.Reconciler.Rendering;

/// <summary>
/// Carries a finding out of the template engine, which knows no other way out; caught in <see cref="TemplateRun"/> and nowhere
/// else. The span is inside the template's text.
/// </summary>
internal sealed class TemplateError(ErrorCode code, SourceSpan span, string what, string fix) : ScriptRuntimeException(span, what)
{
    public ErrorCode Code { get; } = code;

    public string What { get; } = what;

    public string Fix { get; } = fix;

    /// <summary>For a function that was given something it cannot work with.</summary>
    public static TemplateError Operand(SourceSpan span, string what) =>
        new(RenderCodes.Failed, span, what, "correct the expression, or the value it works with");

    public static TemplateError Limit(SourceSpan span, string what) =>
        new(RenderCodes.Limit, span, what, "do less in the template; large text belongs into a file that is not a template");
}
