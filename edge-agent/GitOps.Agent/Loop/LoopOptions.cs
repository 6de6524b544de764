using System.Text;
using GitOps.Agent.Planning;
using GitOps.Agent.Policy;
using GitOps.Agent.Self;
using GitOps.Bundles;
using GitOps.Bundles.Publications;

namespace GitOps.Agent.Loop;

/// <summary>Who this node is, and what it holds against the outside.</summary>
/// <param name="Root">The trust a person carried here; later ones are followed from the store.</param>
public sealed record NodeIdentity(string Fleet, string Node, RootStatement Root)
{
    /// <summary>What the control plane said at enrolment or renewal that the node's pointer has; 0: nothing. From any thread.</summary>
    public Func<long> GenerationFloor { get; init; } = () => 0;

    /// <summary>The newest root that counts: the one carried here, or a later one that was followed before.</summary>
    /// <param name="kept">As in <see cref="Generations.DurableState.Root"/>.</param>
    public RootStatement NewestRoot(string? kept) =>
        kept is not null && RootStatement.ReadFirst(Encoding.UTF8.GetBytes(kept)) is RootReading.Trusted(var followed) &&
        followed.Fleet == Fleet && followed.Version > Root.Version ? followed : Root;
}

/// <summary>How the loop behaves.</summary>
public sealed record LoopOptions
{
    public required NodeIdentity Identity { get; init; }

    /// <summary>128 random bits in hex, drawn at this start.</summary>
    public required string BootId { get; init; }

    public required string Version { get; init; }

    /// <summary>What is the matter with the node's certificate; null: nothing. From any thread.</summary>
    public Func<Problem?> IdentityProblem { get; init; } = () => null;

    public required AgentPolicy Policy { get; init; }

    /// <summary>The agent's own files and folders: denied to bundles.</summary>
    public required IReadOnlyCollection<string> OwnPaths { get; init; }

    /// <summary>Whether this node has a container engine.</summary>
    public bool RunsContainers { get; init; }

    /// <summary>Asked for every bundle before it is applied, one after the other.</summary>
    public IReadOnlyList<IStagingDriver> Staging { get; init; } = [];

    /// <summary>The executables of this agent; null where it cannot replace itself.</summary>
    public IAgentSlots? Slots { get; init; }

    /// <summary>How long a new agent has to prove itself.</summary>
    public TimeSpan TrialLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Between two pulls, spread by a tenth.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a staged release with open gates may take to become ready.</summary>
    public TimeSpan CommitDeadline { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long the directory of a volume that left with <c>deletionPolicy: Delete</c> is kept, by a trusted clock.</summary>
    public TimeSpan DeletionGrace { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Between two looks at the node when nothing wakes the loop.</summary>
    public TimeSpan Observe { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A driver that has not answered by then counts as unknown.</summary>
    public TimeSpan ObserveLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A report although nothing differs from the one before. Polls and the session at the broker say that the node is there,
    /// and a control plane that is back is told at once; a report every minute would be nine tenths of what an idle node sends.
    /// </summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromHours(2);

    /// <summary>The first wait after a failure; doubles from failure to failure.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LastRetry { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Over how long nodes spread their return when the store was away, as it said last.</summary>
    public Func<TimeSpan> ReconnectWindow { get; init; } = () => TimeSpan.FromSeconds(5);

    /// <summary>The longest wait before the store is tried again; the wait is anything up to it, so that a fleet does not come back as one.</summary>
    public TimeSpan ReconnectAfter(int failures)
    {
        var (doubled, window) = (FirstRetry * Math.Pow(2, Math.Clamp(failures - 1, 0, 20)), ReconnectWindow());
        return doubled < window ? doubled : window;
    }

    /// <summary>The wait before try <paramref name="failures"/> + 1.</summary>
    public TimeSpan RetryAfter(int failures)
    {
        var doubled = FirstRetry * Math.Pow(2, Math.Clamp(failures - 1, 0, 20));
        return doubled < LastRetry ? doubled : LastRetry;
    }
}
