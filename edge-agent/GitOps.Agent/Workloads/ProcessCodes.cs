using GitOps.Bundles;

namespace GitOps.Agent.Workloads;

/// <summary>What can go wrong with processes, besides starting and stopping: AGT180 to AGT189.</summary>
public static class ProcessCodes
{
    public static readonly ErrorCode CannotLimit = new("AGT180", "a process is to be bounded by what this node cannot bound",
        "The message says what the kernel, or whoever started the agent, does not offer. The bundle is refused whole, before any effect.");

    public static readonly ErrorCode Ended = new("AGT181", "a process ended",
        "The message has its exit code, how long it ran, and whether the kernel ended it for want of memory. The restart policy says what happens next.");

    public static IReadOnlyList<ErrorCode> All { get; } = [CannotLimit, Ended];
}
