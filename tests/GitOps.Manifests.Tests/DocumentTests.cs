using System.Runtime.CompilerServices;
using GitOps.Manifests.Containers;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;

namespace GitOps.Manifests.Tests;

public sealed class DocumentTests
{
    private const string Marker = "<!-- generated from the shapes: UPDATE_GOLDEN=1 rewrites everything below -->\n";

    [Fact]
    public void The_field_tables_of_the_manual_are_those_of_the_shapes() =>
        Verify("manifests.md", string.Concat(KindShapes.All.Select(kind => "\n" + ShapeTables.Of(kind))));

    [Fact]
    public void The_tables_of_pods_and_compose_files_are_those_of_the_shapes() =>
        Verify("containers.md", "\n" + ShapeTables.Of("Pod", "spec", ContainerGroups.Pod) + "\n" + ShapeTables.Of("Compose file", "file", ContainerGroups.Compose));

    private static void Verify(string page, string tables)
    {
        var path = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "docs", page);
        var text = File.ReadAllText(path);
        var now = text[..(text.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length)] + tables;
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, now);
        }
        else
        {
            Assert.Equal(now, text);
        }
    }

    [Fact]
    public void Every_field_of_every_kind_says_what_it_is_for() =>
        Assert.All(KindShapes.All.SelectMany(kind => FieldsOf(kind.Spec, [])), field => Assert.NotEqual("", field.Doc));

    [Fact]
    public void Every_kind_has_a_shape() =>
        Assert.Equal(Enum.GetValues<ResourceKind>().Order(), KindShapes.All.Append(KindShapes.EdgeX).Select(kind => kind.Kind).Order());

    private static IEnumerable<FieldShape> FieldsOf(Shape shape, HashSet<Shape> seen) =>
        !seen.Add(shape) ? [] : shape.Fields
            .Concat(shape.Fields.Where(field => field.Shape is not null).SelectMany(field => FieldsOf(field.Shape!, seen)))
            .Concat(shape.Parts.SelectMany(part => FieldsOf(part, seen)));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
