using GitOps.Agent.Generations;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Loop;

/// <summary>Finds the units that the node is led to, from what is on this disk.</summary>
internal sealed class Targets(Releases releases)
{
    private Bundle? _made;
    private Digest _digest;

    /// <summary>The release the node is led to and its units; what was made, where the release's bytes cannot be read any more.</summary>
    /// <param name="onDisk">What left a bundle may go only once that bundle's commit outlives a power cut.</param>
    public (Release? Release, Bundle? Target, bool MayPrune) Read(DurableState state, DurableState onDisk)
    {
        var generations = state.Generations;
        if (generations.Target is not { } target)
        {
            return (null, Made(state), false);
        }

        var mayPrune = target == generations.Pin?.Release
            ? target == onDisk.Generations.Pin?.Release
            : target == generations.Committed && target == onDisk.Generations.Committed;
        if (releases.Read(target) is { } bundle)
        {
            return (target, bundle, mayPrune);
        }

        // The bytes are fetched again. Until then nothing that runs is led anywhere else: what was made of the release is
        // known, and very often is all of it.
        releases.Refetch(target);
        if (Made(state) is { } made)
        {
            return _digest == target.Bundle ? (target, made, mayPrune) : (null, made, false);
        }

        return generations.Fallback is { } fallback && fallback != target && releases.Read(fallback) is { } older
            ? (fallback, older, false)
            : default;
    }

    /// <summary>
    /// What was made on the node and is kept as it was made: of a first bundle that was given up, where there is no good one
    /// to go back to, and of one whose bytes are damaged. Null when nothing was.
    /// </summary>
    private Bundle? Made(DurableState state)
    {
        var made = state.Owned.Select(o => o.Applied).OfType<Unit>().ToEquatableArray();
        if (made.IsEmpty)
        {
            return null;
        }

        if (_made is null || _made.Units != made)
        {
            _made = Bundle.Of(made);
            _digest = Digest.Of(_made.ToBytes());
        }

        return _made;
    }
}
