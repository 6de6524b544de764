using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace GitOps.ControlPlane.Identity;

/// <summary>
/// Notices two machines that report as one node: each run of an agent has a boot id of its own, an agent that restarts never
/// comes back to an earlier one, and two that run at once do so again and again. Thread-safe.
/// </summary>
public sealed class RunWatch
{
    /// <summary>Once may be a report that was long on its way.</summary>
    private const int ReturnsThatShowIt = 2;

    private const int RunsRemembered = 4;
    private readonly ConcurrentDictionary<string, Runs> _nodes = new(StringComparer.Ordinal);

    /// <summary>A report came that was not there before.</summary>
    /// <returns>Whether it shows that two machines report as this node; said once, then counted anew.</returns>
    public bool Hear(string node, string bootId)
    {
        var runs = _nodes.AddOrUpdate(node, _ => new Runs(bootId, [], 0), (_, before) => before.With(bootId));
        if (runs.Returns < ReturnsThatShowIt)
        {
            return false;
        }

        _nodes.TryUpdate(node, new Runs(bootId, [], 0), runs);
        return true;
    }

    /// <param name="Before">Runs before the last one.</param>
    private sealed record Runs(string Last, ImmutableList<string> Before, int Returns)
    {
        public Runs With(string bootId) => bootId == Last
            ? this
            : new Runs(bootId, [.. Before.Where(run => run != bootId).Append(Last).TakeLast(RunsRemembered)], Returns + (Before.Contains(bootId) ? 1 : 0));
    }
}
