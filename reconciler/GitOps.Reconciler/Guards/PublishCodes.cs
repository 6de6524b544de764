using GitOps.Bundles;

namespace GitOps.Reconciler.Guards;

/// <summary>Why a revision without errors is not published: PUB001 to PUB029.</summary>
public static class PublishCodes
{
    public static readonly ErrorCode RemovalHeld = new("PUB001", "a push removes more than the limit",
        "A misplaced label or a deleted folder can empty a fleet. The push waits until a commit confirms exactly this set of " +
        "removals; nodes keep what they have. 'gitops diff' lists the set and its id.");

    public static readonly ErrorCode HistoryRewritten = new("PUB002", "a push drops the published revision from history",
        "The branch was force-pushed. Nodes keep what they have until the history contains the published revision again, " +
        "or the published revision allows force-pushes.");

    public static readonly ErrorCode CanaryFailed = new("PUB003", "the canary gave the new bundle up",
        "The first node went back to its last good generation. No other node is given this revision; a new commit starts over.");

    public static readonly ErrorCode CanaryUnhealthy = new("PUB004", "the canary did not become healthy in time",
        "The first node was online, had nothing to wait for and was not healthy within the time. No other node is given this " +
        "revision; a new commit starts over.");

    public static IReadOnlyList<ErrorCode> All { get; } = [RemovalHeld, HistoryRewritten, CanaryFailed, CanaryUnhealthy];
}
