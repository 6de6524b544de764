using GitOps.Bundles;

namespace GitOps.Reconciler.Guards;

/// <summary>A branch that no longer contains what is published was rewritten; that may be a mistake or an attack.</summary>
public static class HistoryGuard
{
    /// <summary>Null when the revision may be published.</summary>
    /// <param name="published">The published revision, null when nothing is.</param>
    /// <param name="next">The revision to be published.</param>
    /// <param name="isAncestor">Whether <paramref name="published"/> is <paramref name="next"/> or an ancestor of it, as Git says.</param>
    /// <param name="settings">Of the published revision.</param>
    public static Problem? Check(string? published, string next, bool isAncestor, GuardSettings settings) =>
        published is null || isAncestor || settings.AllowForcePush
            ? null
            : new Problem(PublishCodes.HistoryRewritten,
                What: $"revision {next} does not contain the published revision {published}: the branch was rewritten",
                Fix: "push a branch that contains it (git merge or git revert); if rewriting is meant, " +
                    "publish a commit with Fleet.spec.allowForcePush: true first");
}
