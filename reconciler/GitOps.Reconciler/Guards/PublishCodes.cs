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

    public static readonly ErrorCode NotSigned = new("PUB005", "a commit is not signed by a listed key",
        "The published revision, or the control plane's own configuration, lists who signs. Nothing of an unsigned push is compiled; nodes " +
        "keep what they have.");

    public static readonly ErrorCode OutsidePaths = new("PUB006", "a commit changes files that its signer may not change",
        "A signer may be limited to paths. Who merges answers only for what the merge itself changes, the others for their own commits.");

    public static readonly ErrorCode SignerKeyUnusable = new("PUB007", "a revision lists a key that signatures cannot be checked with",
        "Published, it would let nobody sign the next commit. The revision waits; nodes keep what they have.");

    public static readonly ErrorCode SignaturesUnchecked = new("PUB008", "signatures could not be checked",
        "git, gpg or ssh-keygen is missing, failed or took too long. Nothing is compiled unchecked; it is tried again.");

    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        RemovalHeld, HistoryRewritten, CanaryFailed, CanaryUnhealthy, NotSigned, OutsidePaths, SignerKeyUnusable, SignaturesUnchecked,
    ];
}
