using GitOps.Bundles;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Nodes;

namespace GitOps.ControlPlane.Tests.Api;

/// <summary>A fleet of records.</summary>
internal sealed class FakeView : IPeopleView
{
    private readonly SortedDictionary<string, NodeSummary> _nodes = new(StringComparer.Ordinal);

    public bool IsReady { get; set; } = true;

    public int Syncs { get; private set; }

    public int Watchers => Changed?.GetInvocationList().Length ?? 0;

    public event Action<string?>? Changed;

    public void Put(NodeSummary node)
    {
        lock (_nodes)
        {
            _nodes[node.Name] = node;
        }

        Changed?.Invoke(node.Name);
    }

    public IReadOnlyDictionary<string, string>? Recipients() => IsReady ? new Dictionary<string, string> { ["press-2"] = "age1b", ["press-1"] = "age1a" } : null;

    public StatusDocument Status() => new()
    {
        Fleet = "fleet-uid",
        Repository = "https://git.example/fleet.git",
        Reference = "branch 'main'",
        Published = new string('a', 40),
        Generation = 17,
        Latest = new RevisionDocument(new string('b', 40), "rejected", new DateTimeOffset(2026, 11, 24, 10, 0, 0, TimeSpan.Zero))
        {
            Findings =
            [
                new FindingDocument("MAN014", "error", "container 'kiosk' uses the tag 'latest'", "pin a digest")
                {
                    File = "sites/berlin/kiosk.yaml", Line = 14, Column = 9,
                },
            ],
        },
        Rollout = new RolloutDocument(new string('a', 40), "canary") { Canary = "press-1" },
        Holds = [new HoldDocument("press-2", "the canary press-1", "press-1 is healthy")],
        Counts = new CountsDocument(2, 1, 1, 1, 0, 0, 0, 0, 1),
    };

    public IEnumerable<NodeSummary> Nodes()
    {
        lock (_nodes)
        {
            return [.. _nodes.Values];
        }
    }

    public List<DeviceDocument> AllDevices { get; } = [];

    public IEnumerable<DeviceDocument> Devices() => AllDevices;

    public Dictionary<(string Device, string Property), ValuePage> AllValues { get; } = [];

    public ValueQuery? AskedFor { get; private set; }

    public ValuePage? Values(string device, ValueQuery query)
    {
        AskedFor = query;
        return AllValues.GetValueOrDefault((device, query.Property));
    }

    public NodeDocument? Node(string name)
    {
        lock (_nodes)
        {
            return _nodes.TryGetValue(name, out var node) ? new NodeDocument(node) : null;
        }
    }

    public IReadOnlyList<RevisionDocument> Revisions(int limit) =>
        [.. Enumerable.Range(1, 30).Reverse().Take(limit).Select(i => new RevisionDocument($"{i:x40}", "published", DateTimeOffset.UnixEpoch))];

    public GitOps.ControlPlane.Identity.EnrolmentDesk? Enrolment { get; set; }

    public void Sync() => Syncs++;

    public Func<Stream, CancellationToken, Task>? Carry(string node) =>
        node == "press-1" ? (to, cancellationToken) => to.WriteAsync(new byte[100_000], cancellationToken).AsTask() : null;

    public IReadOnlyList<AuditDocument> Audit(int limit) => [];

    public Task<NodeAnswer> RemoveAsync(NodeRemoval removal, CancellationToken cancellationToken) =>
        Task.FromResult<NodeAnswer>(removal.Node switch
        {
            "press-1" => new NodeAnswer.Done(18),
            "press-2" => new NodeAnswer.Refused(new Problem(NodeCodes.StillInGit, "it is in Git", "delete it")),
            _ => new NodeAnswer.Unknown(new Problem(NodeCodes.NoSuchNode, "there is none", "look")),
        });

    public Task<NodeAnswer> RetryAsync(string node, string actor, CancellationToken cancellationToken) =>
        Task.FromResult<NodeAnswer>(node == "press-1"
            ? new NodeAnswer.Done(19)
            : new NodeAnswer.Refused(new Problem(NodeCodes.NothingGivenUp, $"{actor} asks for nothing", "look")));
}
