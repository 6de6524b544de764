using GitOps.Agent.Loop;
using GitOps.Bundles;

namespace GitOps.Agent.Policy;

/// <summary>
/// Judges what the node is led to by the policy of today, which may be stricter than the one it was accepted under. Keeps
/// the last answer: a bundle and a policy do not change while the agent runs.
/// </summary>
internal sealed class PolicyBook(LoopOptions options)
{
    private Bundle? _judged;
    private IReadOnlyDictionary<UnitId, Problem> _forbidden = new Dictionary<UnitId, Problem>();

    /// <summary>The units that the policy forbids, each with the first reason.</summary>
    /// <param name="isNew">Whether the bundle was not judged before.</param>
    public IReadOnlyDictionary<UnitId, Problem> Forbidden(Bundle bundle, out bool isNew)
    {
        isNew = !ReferenceEquals(bundle, _judged);
        if (isNew)
        {
            _judged = bundle;
            _forbidden = PolicyCheck.Check(bundle, options.Policy, options.OwnPaths)
                .GroupBy(p => p.Unit)
                .ToDictionary(problems => problems.Key, problems => problems.First().Problem);
        }

        return _forbidden;
    }
}
