using GitOps.Agent.Planning;
using GitOps.Agent.TimeSync;
using GitOps.Bundles;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Loop;

/// <summary>Decides when there is something to say: news at once, values now and then, and a sign of life when neither.</summary>
internal sealed class Reporter(
    LoopOptions options, IReadOnlyList<IReportingDriver> drivers, IReportOutbox outbox, TimeProvider time)
{
    /// <summary>Of one refusal: the first say what is wrong, a thousand would only fill the report.</summary>
    public const int MostNotes = 20;

    /// <summary>The least time between two reports that differ in values only.</summary>
    private static readonly TimeSpan Values = TimeSpan.FromSeconds(5);

    private readonly ReportBuilder _builder = new(options);
    private readonly List<EventReport> _events = [];
    private NodeReport? _last;
    private NodeReport? _lastEssence;
    private long _lastSentAt;
    private long _sequence;
    private bool _isAsked;

    /// <summary>Whether the clock may be used to delete or expire things; unknown counts as no.</summary>
    public bool ClockTrusted { get; private set; }

    public TimeSpan NextHeartbeat => _last is null ? TimeSpan.Zero : options.Heartbeat - time.GetElapsedTime(_lastSentAt);

    public void Note(ErrorCode code, string message, UnitId? unit = null) =>
        _events.Add(new EventReport(time.GetUtcNow(), code.Id, message) { Unit = unit });

    public void Note(Problem problem, UnitId? unit = null) =>
        _events.Add(new EventReport(time.GetUtcNow(), problem.Code, problem.What) { Unit = unit });

    /// <summary>The next report goes out whether there is news or not.</summary>
    public void TellAgain() => _isAsked = true;

    public NodeReport Report(AgentView view)
    {
        var report = _builder.Build(view, _sequence + 1, time.GetUtcNow(), _events.ToEquatableArray());
        foreach (var driver in drivers)
        {
            report = driver.Contribute(report);
        }

        ClockTrusted = report.Clock is { IsTrusted: true };
        var essence = ReportBuilder.Essence(report);
        var isNews = !essence.Equals(_lastEssence) || _events.Count > 0;
        var age = time.GetElapsedTime(_lastSentAt);
        if (isNews || _isAsked || age >= options.Heartbeat || (age >= Values && HasOtherValues(report)))
        {
            _sequence++;
            isNews |= _isAsked; // to whoever asked; it is told until it is heard
            _isAsked = false;
            (_last, _lastEssence, _lastSentAt) = (report, essence, time.GetTimestamp());
            _events.Clear();
            outbox.Post(ReportCut.Fit(report), isNews);
        }

        return report;
    }

    private bool HasOtherValues(NodeReport report) =>
        _last is null || ClockReporting.Differs(report.Clock, _last.Clock) || report.Volumes != _last.Volumes || report.Syncs != _last.Syncs || WithoutAges(report) != WithoutAges(_last);

    private static EquatableArray<DeviceReport> WithoutAges(NodeReport report) => report.Devices.Select(d => d with
    {
        Properties = d.Properties.Select(p => p with { AgeMs = null }).ToEquatableArray(),
    }).ToEquatableArray();
}
