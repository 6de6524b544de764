using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using GitOps.Bundles;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Shapes;

/// <summary>Converts a scalar; false when it is none of the type.</summary>
internal delegate bool ScalarConversion<T>(YamlNode.Scalar scalar, [MaybeNullWhen(false)] out T value);

/// <summary>
/// A single value. <paramref name="expects"/> completes "expected …" and <paramref name="fix"/> says how one is
/// written.
/// </summary>
internal sealed class ScalarShape<T>(
    string name, string expects, string fix, ScalarConversion<T> convert, Func<T, string>? format = null)
    : Shape<T>(name)
{
    /// <summary>The code of the finding about another value; a name has its own.</summary>
    public ErrorCode Code { get; init; } = ManifestCodes.InvalidValue;

    /// <summary>What a schema may say of it; without more, that it is a single value.</summary>
    public ScalarForm Says { get; init; } = ScalarForm.Text;

    public override ShapeForm Form => new ShapeForm.Scalar(Says, expects, fix);

    internal override string Format(T value) => format is null ? base.Format(value) : format(value);

    internal override bool TryBindWritten(YamlNode node, BindContext context, [MaybeNullWhen(false)] out T value)
    {
        if (node is not YamlNode.Scalar scalar)
        {
            context.Findings.Error(ManifestCodes.WrongType, node.Span,
                $"'{context.Field}' takes {expects}, this is {Nodes.Describe(node)}", fix);
            value = default;
            return false;
        }

        if (!convert(scalar, out value))
        {
            context.Findings.Error(Code, node.Span,
                $"'{context.Field}' takes {expects}, this is {Nodes.Describe(node)}", fix);
            return false;
        }

        if (scalar.IsPlain && !context.IsRendered && PlainScalar.IsSurprising(scalar.Text))
        {
            Nodes.WarnOfSurprise(scalar, context.Field, context.Findings);
        }

        return true;
    }
}

/// <summary>Nodes in words.</summary>
internal static class Nodes
{
    public static string Describe(YamlNode node) => node switch
    {
        YamlNode.Mapping => "a mapping",
        YamlNode.Sequence => "a list",
        YamlNode.Scalar { IsPlain: true } scalar when PlainScalar.IsNull(scalar.Text) => "empty",
        YamlNode.Scalar { IsPlain: false } scalar when PlainScalar.TryNumber(scalar.Text, out _) ||
            PlainScalar.TryBool(scalar.Text, out _) => $"the text '{Excerpt.Of(scalar.Text)}' in quotes",
        YamlNode.Scalar scalar => $"'{Excerpt.Of(scalar.Text)}'",
        _ => throw new UnreachableException(),
    };

    public static bool IsNull(YamlNode node) =>
        node is YamlNode.Scalar { IsPlain: true } scalar && PlainScalar.IsNull(scalar.Text);

    public static void ReportNull(YamlEntry entry, BindContext context) =>
        context.Findings.Error(ManifestCodes.NoValue, entry.KeySpan, $"'{Excerpt.Of(entry.Key)}' has no value",
            "give it one, or remove the line");

    public static void WarnOfSurprise(YamlNode.Scalar scalar, string field, FindingList findings) =>
        findings.Warning(ManifestCodes.SurprisingScalar, scalar.Span,
            $"'{field}' is the unquoted {scalar.Text}, which YAML 1.1 reads as something else than YAML 1.2",
            $"quote it when it is text: \"{scalar.Text}\"; write true, false or the number without leading zeros when it is not");
}
