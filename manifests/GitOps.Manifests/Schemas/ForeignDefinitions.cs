using GitOps.Manifests.Shapes;

namespace GitOps.Manifests.Schemas;

/// <summary>
/// The objects of foreign documents that may stand in manifests, each with a name of its own: a container has the same fields in
/// every kind of object that holds one, and is written once.
/// </summary>
internal sealed class ForeignDefinitions
{
    private readonly Dictionary<Shape, string> _names = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Shape> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly List<Shape> _all = [];

    public ForeignDefinitions(IEnumerable<KindShape> kinds)
    {
        foreach (var kind in kinds)
        {
            Collect(kind.Spec, isForeign: false);
        }
    }

    /// <summary>In the order in which they are met.</summary>
    public IReadOnlyList<Shape> All => _all;

    public string NameOf(Shape shape) => _names[shape];

    private void Collect(Shape shape, bool isForeign)
    {
        switch (shape.Form)
        {
            case ShapeForm.List list:
                Collect(list.Item, isForeign);
                break;
            case ShapeForm.Map map:
                Collect(map.Item, isForeign);
                break;
            case ShapeForm.Either either:
                Collect(either.Full, isForeign);
                break;
            case ShapeForm.Any any:
                foreach (var choice in any.Choices)
                {
                    Collect(choice, isForeign: true);
                }

                break;
            case ShapeForm.Object form when _seen.Add(shape):
                if (isForeign)
                {
                    Add(shape);
                }

                foreach (var field in form.Fields)
                {
                    if (field.Shape is { } inner)
                    {
                        Collect(inner, isForeign);
                    }
                }

                break;
        }
    }

    // Kubernetes and Compose both have a port: the second one is port-2.
    private void Add(Shape shape)
    {
        var name = shape.Name.Replace(' ', '-');
        var alike = _names.Values.Count(known => known == name || known.StartsWith(name + "-", StringComparison.Ordinal) && int.TryParse(known.AsSpan(name.Length + 1), out _));
        _names.Add(shape, alike == 0 ? name : $"{name}-{alike + 1}");
        _all.Add(shape);
    }
}
