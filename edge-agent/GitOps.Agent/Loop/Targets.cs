using GitOps.Agent.Generations;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Loop;

/// <summary>Finds the units that the node is led to, from what is on this disk.</summary>
internal sealed class Targets(Releases releases)
{
    private Bundle? _left;

    /// <summary>The release the node is led to and its units; the fallback where the committed one cannot be read any more.</summary>
    public (Release? Release, Bundle? Target, bool MayPrune) Read(DurableState state)
    {
        var generations = state.Generations;
        if (generations.Target is not { } target)
        {
            return (null, Left(state), false);
        }

        if (releases.Read(target) is { } bundle)
        {
            return (target, bundle, target == generations.Committed);
        }

        // The bytes are fetched again; until then the older good release is better than nothing.
        releases.Refetch(target);
        return generations.Fallback is { } fallback && fallback != target && releases.Read(fallback) is { } older
            ? (fallback, older, false)
            : default;
    }

    /// <summary>
    /// What a first bundle left on the node when it was given up: there is no good one to go back to, so what was made of it
    /// stays and is kept as it was made. Null when nothing was.
    /// </summary>
    private Bundle? Left(DurableState state)
    {
        var made = state.Owned.Select(o => o.Applied).OfType<Unit>().ToEquatableArray();
        if (made.IsEmpty)
        {
            return null;
        }

        return _left = _left is { } before && before.Units == made ? before : Bundle.Of(made);
    }
}
