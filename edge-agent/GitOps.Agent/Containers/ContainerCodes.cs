using GitOps.Bundles;

namespace GitOps.Agent.Containers;

/// <summary>What can go wrong with containers: AGT160 to AGT179.</summary>
public static class ContainerCodes
{
    public static readonly ErrorCode Policy = new("AGT160", "a container asks for more than the node's policy allows",
        "\"containers\" of policy.json lists images, paths, users, capabilities and devices of the node that containers may use, and " +
        "whether they may be privileged or share the node's network. The bundle is refused whole, before any effect.");

    public static readonly ErrorCode CannotRun = new("AGT161", "a container asks for what this node's engine cannot do",
        "The engine or the kernel lacks a feature, or the image is for another machine. The bundle is refused whole, before any effect.");

    public static readonly ErrorCode EngineAway = new("AGT162", "the container engine does not answer",
        "What runs goes on running. The agent tries again with back-off, and starts the engine where agent.json says how.");

    public static readonly ErrorCode PullFailed = new("AGT163", "an image cannot be pulled",
        "The registry is away or refuses. What runs goes on; it is tried again with back-off, and layers that are here already are kept.");

    public static readonly ErrorCode StartFailed = new("AGT164", "a container could not be made or started",
        "The message has the engine's reason. It is tried again with back-off.");

    public static readonly ErrorCode StopFailed = new("AGT165", "a container could not be stopped or removed",
        "The message has the engine's reason. It is tried again with back-off.");

    public static readonly ErrorCode Ended = new("AGT166", "a container ended",
        "The message has its exit code, how long it ran, and its last lines. The restart policy says what happens next.");

    public static readonly ErrorCode NotOurs = new("AGT167", "a container that the agent did not make has the name it needs",
        "The agent takes over no container. Remove or rename the other one, then 'gitops-agent retry'.");

    public static readonly ErrorCode HostPath = new("AGT168", "a path of the node that a container mounts is not what it should be",
        "It is missing, of another sort, or a link leads away from it. Links are not followed beneath the roots of the policy.");

    public static readonly ErrorCode Scratch = new("AGT169", "a scratch volume holds more than its limit",
        "The group is stopped and made anew with an empty one, as a Pod is evicted.");

    public static IReadOnlyList<ErrorCode> All { get; } =
        [Policy, CannotRun, EngineAway, PullFailed, StartFailed, StopFailed, Ended, NotOurs, HostPath, Scratch];
}
