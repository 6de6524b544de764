using System.Text.RegularExpressions;
using CsCheck;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Tests.Schemas;

public sealed class PatternProperties
{
    // What the patterns are about, and what tends to fall between two of them.
    private static readonly string[] Tokens =
    [
        "a", "z9", "-", "_", ".", "..", "/", "0", "10", "0644", "Mi", "Ki", "k", "h", "m", "ms", "s", "d", "A", " ", ":", "//", "http", "mqtt",
        "clock", "volume", "file", "gitops.edge", "é", "@", "5b2f8f5e-6f0d-4f0a-9a4e-2f1f6f8f7c01", "berlin", "$",
    ];

    private static readonly IReadOnlyList<Shape> Scalars =
        [.. KindShapes.All.SelectMany(kind => ScalarsOf(kind.Spec, new HashSet<Shape>(ReferenceEqualityComparer.Instance)))];

    [Fact]
    public void What_the_parser_takes_a_pattern_takes_too()
    {
        var patterned = Scalars.Where(shape => shape.Form is ShapeForm.Scalar { Says.Pattern: not null }).ToArray();
        Assert.NotEmpty(patterned);
        Gen.OneOf(Tokens).Array[1, 6].Select(string.Concat).Sample(text => patterned.All(shape =>
            !Takes(shape, text, isPlain: false) || Matches(shape, text)), iter: 3000);
    }

    [Theory]
    [InlineData("duration", "5x")]
    [InlineData("duration", "")]
    [InlineData("size", "Mi")]
    [InlineData("name", "-a")]
    [InlineData("name", "A")]
    [InlineData("path", "a/b")]
    [InlineData("path", "/a//b")]
    [InlineData("path", "/a/./b")]
    [InlineData("mode", "644")]
    public void What_the_parser_refuses_the_pattern_refuses(string type, string text)
    {
        var shape = Scalars.First(scalar => scalar.Name == type && scalar.Form is ShapeForm.Scalar { Says.Pattern: not null });
        Assert.False(Takes(shape, text, isPlain: false));
        Assert.False(Matches(shape, text));
    }

    [Fact]
    public void The_example_of_a_type_is_one() => Assert.All(Scalars, shape =>
    {
        var example = ((ShapeForm.Scalar)shape.Form).Says.Example;
        Assert.True(example is not null, $"{shape.Name} has no example");
        var isQuoted = example.StartsWith('"');
        Assert.True(Takes(shape, example.Trim('"'), !isQuoted), $"{shape.Name}: {example}");
    });

    private static bool Matches(Shape shape, string text) =>
        Regex.IsMatch(text, ((ShapeForm.Scalar)shape.Form).Says.Pattern!, RegexOptions.ECMAScript);

    private static bool Takes(Shape shape, string text, bool isPlain) =>
        shape.Accepts(new YamlNode.Scalar(new SourceSpan("apps/x.yaml", 1, 1), text, isPlain));

    private static IEnumerable<Shape> ScalarsOf(Shape shape, HashSet<Shape> seen)
    {
        if (!seen.Add(shape))
        {
            return [];
        }

        return shape.Form switch
        {
            ShapeForm.Scalar => [shape],
            ShapeForm.List list => ScalarsOf(list.Item, seen),
            ShapeForm.Map map => [.. ScalarsOf(map.Key, seen), .. ScalarsOf(map.Item, seen)],
            ShapeForm.Either either => [.. ScalarsOf(either.Short, seen), .. ScalarsOf(either.Full, seen)],
            ShapeForm.Object form => form.Fields.Where(field => field.Shape is not null).SelectMany(field => ScalarsOf(field.Shape!, seen)),
            _ => [],
        };
    }
}
