using System.Collections.Immutable;

namespace GitOps.Reconciler.Compile;

/// <summary>Which nodes the newest revisions of one compilation changed.</summary>
internal sealed class ChangeHistory
{
    // Enough for what lies between two accepted revisions; beyond it everything counts as changed, which is only slower.
    private const int Kept = 64;
    private readonly object _compilation;
    private readonly long _version;
    private readonly ImmutableList<IReadOnlyCollection<string>> _steps;

    private ChangeHistory(object compilation, long version, ImmutableList<IReadOnlyCollection<string>> steps) =>
        (_compilation, _version, _steps) = (compilation, version, steps);

    public static ChangeHistory Of(object compilation) => new(compilation, 0, []);

    public ChangeHistory With(IReadOnlyCollection<string> nodes) =>
        new(_compilation, _version + 1, (_steps.Count == Kept ? _steps.RemoveAt(0) : _steps).Add(nodes));

    /// <summary>Null where it is not known.</summary>
    public IReadOnlyCollection<string>? Since(ChangeHistory older)
    {
        var steps = _version - older._version;
        return !ReferenceEquals(_compilation, older._compilation) || steps < 0 || steps > _steps.Count
            ? null
            : _steps.Skip(_steps.Count - (int)steps).SelectMany(nodes => nodes).ToHashSet(StringComparer.Ordinal);
    }
}
