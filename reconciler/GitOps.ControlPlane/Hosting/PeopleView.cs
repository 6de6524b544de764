using System.Text.Json;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Nodes;
using GitOps.ControlPlane.Distribution;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Reconciling;
using GitOps.ControlPlane.Storage;
using GitOps.ControlPlane.Store;
using GitOps.ControlPlane.Values;

namespace GitOps.ControlPlane.Hosting;

/// <summary>The parts of a control plane that knows its fleet, as far as people look at them.</summary>
internal sealed record FleetParts(
    ContentStore Store, FleetStatus Status, ReportReader Reports, RevisionBook Revisions, FleetDirectory Directory,
    Decommissioner Decommissioner, Retrier Retrier, AuditTrail Audit, EnrolmentDesk Enrolment, IdentityAlarms Alarms,
    NodeKeys Keys, ValueReader Values, Func<ReconcilerStatus> Reconciler);

/// <summary>Puts together what people see: nothing but the reason at first, the fleet once it is known.</summary>
/// <param name="sync">Looks at the repository.</param>
internal sealed class PeopleView(GitSource source, Action sync) : IPeopleView
{
    private volatile FleetParts? _parts;
    private volatile ReconcilerStatus _starting = new();

    public event Action<string?>? Changed;

    public bool IsReady => _parts is not null;

    /// <summary>The fleet is not known yet, and why.</summary>
    public void Wait(ReconcilerStatus status)
    {
        _starting = status;
        Changed?.Invoke(null);
    }

    /// <summary>From here on the fleet is shown.</summary>
    public void Show(FleetParts parts)
    {
        _parts = parts;
        parts.Status.NodeChanged += node => Changed?.Invoke(node);
        parts.Alarms.Changed += node => Changed?.Invoke(node);
        Changed?.Invoke(null);
    }

    /// <summary>Something of the status or of many nodes changed.</summary>
    public void Change(IEnumerable<string> nodes)
    {
        foreach (var node in nodes)
        {
            Changed?.Invoke(node);
        }

        Changed?.Invoke(null);
    }

    public EnrolmentDesk? Enrolment => _parts?.Enrolment;

    public IReadOnlyDictionary<string, string>? Recipients() => _parts?.Keys.OfFleet();

    public void Sync() => sync();

    public Func<Stream, CancellationToken, Task>? Carry(string node) =>
        _parts is { Store: var store } && store.PointerOf(node) is not null ? (to, cancellationToken) => store.WriteAsync(node, to, cancellationToken) : null;

    public async Task<NodeAnswer> RemoveAsync(NodeRemoval removal, CancellationToken cancellationToken) => _parts is { } parts
        ? await parts.Decommissioner.RemoveAsync(removal, cancellationToken).ConfigureAwait(false)
        : NotYet;

    public async Task<NodeAnswer> RetryAsync(string node, string actor, CancellationToken cancellationToken) => _parts is { } parts
        ? await parts.Retrier.RetryAsync(node, actor, cancellationToken).ConfigureAwait(false)
        : NotYet;

    private static NodeAnswer.TryAgain NotYet =>
        new(new Problem(ApiCodes.NotReady, "nodes are not served yet", "see /api/v1/status for what is waited for"));

    public IReadOnlyList<AuditDocument> Audit(int limit) => _parts is { } parts
        ? [.. parts.Audit.Recent(limit).Select(entry => new AuditDocument(entry.Time, entry.Actor, entry.Action, entry.Subject, entry.Detail))]
        : [];

    public StatusDocument Status()
    {
        var (parts, status) = (_parts, _parts?.Reconciler() ?? _starting);
        return new StatusDocument
        {
            Fleet = parts?.Store.Fleet,
            Repository = source.DisplayAddress,
            Reference = source.Reference.ToString()!,
            Published = status.PublishedRevision,
            Generation = status.Generation,
            Latest = status.Seen is { } seen ? Document(seen) : null,
            FetchedAt = status.FetchedAt,
            Problem = Document(status.Problem),
            Rollout = status.Rollout is { } rollout
                ? new RolloutDocument(rollout.Revision, rollout.Phase.ToString().ToLowerInvariant())
                {
                    Canary = rollout.Canary?.Node,
                    StoppedBy = rollout.Stop?.Node,
                    Stop = Document(rollout.Stop?.Problem),
                }
                : null,
            Holds = [.. status.Holds.Take(StatusDocument.MaxHolds).Select(hold => new HoldDocument(hold.Node, hold.What, hold.Until))],
            HoldCount = status.Holds.Count,
            Copies = parts is null ? [] : [.. parts.Alarms.All.Take(StatusDocument.MaxHolds).Select(alarm => new CopyDocument(alarm.Node, alarm.Since, alarm.What))],
            Counts = Count(Nodes()),
        };
    }

    public IEnumerable<NodeSummary> Nodes() => _parts is { } parts
        ? parts.Directory.Names
            .Union(parts.Status.All().Where(node => node.Report is not null).Select(node => node.Node), StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(name => Summary(parts, name))
        : [];

    public NodeDocument? Node(string name)
    {
        if (_parts is not { } parts)
        {
            return null;
        }

        var view = parts.Status.Of(name);
        if (view.Report is null && !parts.Directory.Contains(name))
        {
            return null;
        }

        return new NodeDocument(Summary(parts, name))
        {
            ReportedAt = view.ReceivedAt,
            Report = view.Report is { } report ? ToJson(report) : null,
            Events = [.. parts.Reports.Events(name).Select(e => new NodeEventDocument(e.Time, e.ReceivedAt, e.Code, e.Message) { Unit = e.Unit })],
        };
    }

    public IEnumerable<DeviceDocument> Devices()
    {
        if (_parts is not { } parts)
        {
            yield break;
        }

        var now = TimeProvider.System.GetUtcNow();
        foreach (var view in parts.Status.All())
        {
            foreach (var device in (view.Report?.Devices ?? []).OrderBy(device => device.Name, StringComparer.Ordinal))
            {
                yield return DeviceDocument.Of(view.Node, device, view.IsOnline, view.ReceivedAt, now);
            }
        }
    }

    public ValuePage? Values(string device, ValueQuery query) => _parts?.Values.Read(device, query);

    public IReadOnlyList<RevisionDocument> Revisions(int limit) =>
        _parts is { } parts ? [.. parts.Revisions.Recent(limit).Select(Document)] : [];

    private static NodeSummary Summary(FleetParts parts, string name)
    {
        var (view, pointer, entry) = (parts.Status.Of(name), parts.Store.PointerOf(name), parts.Directory.Find(name));
        var report = view.Report;
        return new NodeSummary(name)
        {
            Labels = entry?.Labels ?? new Dictionary<string, string>(),
            Site = entry?.Site,
            Online = view.IsOnline,
            Phase = report?.Phase.ToString().ToLowerInvariant() ?? NodeSummary.SilentPhase,
            PointerGeneration = pointer?.Generation,
            PointerBundle = pointer?.Bundle?.ToString(),
            Generation = report?.Generation,
            Bundle = report?.Bundle?.ToString(),
            Revision = report?.Revision,
            SeenAt = view.SeenAt,
            Removed = pointer?.Decommission?.ToString().ToLowerInvariant(),
            Copied = parts.Alarms.Of(name) is { } alarm ? alarm.What : null,
            Message = report is null ? null : MessageOf(report),
        };
    }

    private static string? MessageOf(NodeReport report) =>
        report.Phase == NodePhase.Failed && report.Quarantined is [var quarantined, ..] ? quarantined.Reason
        : report.Units.FirstOrDefault(unit => unit.State is UnitPhase.Failed or UnitPhase.Stuck) is { } failed
            ? $"{failed.Id}: {failed.Message ?? failed.State.ToString().ToLowerInvariant()}"
        : report.Holds is [var hold, ..] ? $"{hold.Unit} waits for {hold.What} until {hold.Until}"
        : null;

    private static CountsDocument Count(IEnumerable<NodeSummary> nodes)
    {
        int all = 0, online = 0, current = 0;
        Dictionary<string, int> phases = [];
        foreach (var node in nodes)
        {
            all++;
            online += node.Online ? 1 : 0;
            current += node.PointerBundle is { } bundle && bundle == node.Bundle ? 1 : 0;
            phases[node.Phase] = phases.GetValueOrDefault(node.Phase) + 1;
        }

        return new CountsDocument(
            all, online, current, phases.GetValueOrDefault("converged"), phases.GetValueOrDefault("applying"),
            phases.GetValueOrDefault("waiting"), phases.GetValueOrDefault("degraded"), phases.GetValueOrDefault("failed"),
            phases.GetValueOrDefault(NodeSummary.SilentPhase));
    }

    private static RevisionDocument Document(RevisionRecord record) =>
        new(record.Id, record.Outcome.ToString().ToLowerInvariant(), record.SeenAt)
        {
            SettledAt = record.SettledAt,
            HoldId = record.Hold?.Id,
            Hold = Document(record.Hold?.Problem),
            Findings =
            [
                .. record.Findings.Select(finding => new FindingDocument(finding.Code, finding.Severity, finding.What, finding.Fix)
                {
                    File = finding.File,
                    Line = finding.Line,
                    Column = finding.Column,
                }),
            ],
        };

    private static ProblemDocument? Document(Problem? problem) =>
        problem is null ? null : new ProblemDocument(problem.Code, problem.What, problem.Fix);

    private static JsonElement ToJson(NodeReport report)
    {
        using var json = JsonDocument.Parse(ReportJson.Write(report));
        return json.RootElement.Clone();
    }
}
