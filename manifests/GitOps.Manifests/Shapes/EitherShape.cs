using System.Diagnostics.CodeAnalysis;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Shapes;

/// <summary>A scalar as a short form of an object, or an object in full.</summary>
internal sealed class EitherShape<T, TShort>(Shape<TShort> shorthand, Func<TShort, T> widen, Shape<T> full)
    : Shape<T>($"{shorthand.Name} or {full.Name}")
{
    public override IReadOnlyList<Shape> Parts { get; } = [full];

    public override ShapeForm Form => new ShapeForm.Either(shorthand, full);

    internal override bool TryBindWritten(YamlNode node, BindContext context, [MaybeNullWhen(false)] out T value)
    {
        if (node is not YamlNode.Scalar)
        {
            return full.TryBindWritten(node, context, out value);
        }

        if (shorthand.TryBindWritten(node, context, out var written))
        {
            value = widen(written);
            return true;
        }

        value = default;
        return false;
    }
}
