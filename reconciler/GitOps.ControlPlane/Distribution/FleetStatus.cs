using System.Collections.Concurrent;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Reconciling;
using GitOps.Reconciler.Rollouts;

namespace GitOps.ControlPlane.Distribution;

/// <summary>What is known of a node.</summary>
/// <param name="Report">Its latest report; null when it never reported.</param>
/// <param name="ReceivedAt">When that report came.</param>
/// <param name="SeenAt">When anything was heard of it: a report, a poll, the end of its session.</param>
public sealed record NodeView(string Node, NodeReport? Report, DateTimeOffset? ReceivedAt, DateTimeOffset? SeenAt, bool IsOnline);

/// <summary>
/// The fleet as it reports: kept in memory, filled from the database at the start. A node is online while its session is
/// alive, or when anything was heard of it within a bound. Thread-safe.
/// </summary>
/// <param name="silentAfter">Longer than the agents' polling interval, or a healthy node looks offline between two polls.</param>
public sealed class FleetStatus(TimeSpan silentAfter, TimeProvider time) : IFleetStatusSource
{
    private readonly ConcurrentDictionary<string, Known> _nodes = new(StringComparer.Ordinal);
    private long _highestGeneration;

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    /// <remarks>Also raised when it comes online or goes.</remarks>
    public event Action<string>? NodeChanged;

    /// <inheritdoc/>
    public long HighestGeneration => Interlocked.Read(ref _highestGeneration);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, NodeStatus> Nodes
    {
        get
        {
            var now = time.GetUtcNow();
            return _nodes.ToDictionary(
                node => node.Key,
                node => node.Value.Report is { } report
                    ? NodeStatus.Of(report, IsOnline(node.Value, now))
                    : NodeStatus.Silent(IsOnline(node.Value, now)),
                StringComparer.Ordinal);
        }
    }

    /// <inheritdoc/>
    public NodeStatus? Find(string node) => _nodes.TryGetValue(node, out var known) && known.Report is { } report
        ? NodeStatus.Of(report, IsOnline(known, time.GetUtcNow()))
        : null;

    /// <summary>Takes what the database knows, before anything else.</summary>
    public void Load(IEnumerable<BookedReport> latest)
    {
        foreach (var booked in latest)
        {
            Raise(booked.Report);
            _nodes[booked.Report.Node] = new Known(booked.Report, booked.ReceivedAt, booked.ReceivedAt, Sessions: 0);
        }
    }

    /// <summary>A report was booked.</summary>
    public void Book(BookedReport booked)
    {
        Raise(booked.Report);
        Update(booked.Report.Node, known => booked.IsLatest
            ? known with { Report = booked.Report, ReceivedAt = booked.ReceivedAt, SeenAt = booked.ReceivedAt }
            : known with { SeenAt = booked.ReceivedAt });
    }

    /// <summary>The node asked for something.</summary>
    public void Seen(string node) => Update(node, known => known with { SeenAt = time.GetUtcNow() });

    /// <summary>The node's session at the broker began.</summary>
    public void Connected(string node) =>
        Update(node, known => known with { SeenAt = time.GetUtcNow(), Sessions = known.Sessions + 1 });

    /// <summary>One of its sessions ended; a new one may have begun before (a takeover).</summary>
    public void Disconnected(string node) =>
        Update(node, known => known with { SeenAt = time.GetUtcNow(), Sessions = Math.Max(0, known.Sessions - 1) });

    /// <summary>Everything known of a node; a node nobody heard of is offline and empty.</summary>
    public NodeView Of(string node) => View(node, _nodes.GetValueOrDefault(node, Known.Nothing), time.GetUtcNow());

    /// <summary>Every node anything was heard of, by name.</summary>
    public IReadOnlyList<NodeView> All()
    {
        var now = time.GetUtcNow();
        return _nodes.OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => View(n.Key, n.Value, now)).ToList();
    }

    private NodeView View(string node, Known known, DateTimeOffset now) =>
        new(node, known.Report, known.ReceivedAt, known.SeenAt, IsOnline(known, now));

    private bool IsOnline(Known known, DateTimeOffset now) =>
        known.Sessions > 0 || (known.SeenAt is { } seen && now - seen < silentAfter);

    private void Update(string node, Func<Known, Known> change)
    {
        var now = time.GetUtcNow();
        Known? before = null;
        var after = _nodes.AddOrUpdate(node, _ => change(Known.Nothing), (_, known) => change(before = known));
        before ??= Known.Nothing;
        if (!ReferenceEquals(before.Report, after.Report) || IsOnline(before, now) != IsOnline(after, now))
        {
            Changed?.Invoke();
            NodeChanged?.Invoke(node);
        }
    }

    private void Raise(NodeReport report)
    {
        var seen = Math.Max(report.SeenGeneration, report.Generation ?? 0);
        var known = HighestGeneration;
        while (seen > known && Interlocked.CompareExchange(ref _highestGeneration, seen, known) is var before && before != known)
        {
            known = before;
        }
    }

    private sealed record Known(NodeReport? Report, DateTimeOffset? ReceivedAt, DateTimeOffset? SeenAt, int Sessions)
    {
        public static Known Nothing { get; } = new(null, null, null, 0);
    }
}
