using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Nodes;

namespace GitOps.ControlPlane.Api;

/// <summary>
/// What the people's endpoint shows and the few things it does. It is there before the fleet is known, so that somebody who
/// starts a control plane on a wrong address can see why nothing happens. Thread-safe.
/// </summary>
public interface IPeopleView
{
    /// <summary>Whether nodes are served.</summary>
    bool IsReady { get; }

    StatusDocument Status();

    /// <summary>Every node of the published revision and every node that reported, by name (ordinal).</summary>
    IEnumerable<NodeSummary> Nodes();

    /// <summary>Null when there is no such node.</summary>
    NodeDocument? Node(string name);

    /// <summary>Every device that nodes reported, by node, then name (ordinal).</summary>
    IEnumerable<DeviceDocument> Devices();

    /// <summary>What was told of a property of a device; null: nothing ever.</summary>
    ValuePage? Values(string device, ValueQuery query);

    /// <summary>Newest first.</summary>
    IReadOnlyList<RevisionDocument> Revisions(int limit);

    /// <summary>Newest first.</summary>
    IReadOnlyList<AuditDocument> Audit(int limit);

    /// <summary>Looks at the repository now.</summary>
    void Sync();

    /// <summary>Takes a node out of the fleet.</summary>
    Task<NodeAnswer> RemoveAsync(NodeRemoval removal, CancellationToken cancellationToken);

    /// <summary>Has a node try again what it gave up.</summary>
    Task<NodeAnswer> RetryAsync(string node, string actor, CancellationToken cancellationToken);

    /// <summary>Where enrolment tokens are made; null before the fleet is known.</summary>
    EnrolmentDesk? Enrolment { get; }

    /// <summary>What secrets of each node are sealed to, by node; null before the fleet is known.</summary>
    IReadOnlyDictionary<string, string>? Recipients();

    /// <summary>Writes the archive of a node's newest generation; null for a node that has none.</summary>
    Func<Stream, CancellationToken, Task>? Carry(string node);

    /// <summary>A node changed (its name), or the status did (null). Raised from any thread; handlers must be quick.</summary>
    event Action<string?>? Changed;
}
