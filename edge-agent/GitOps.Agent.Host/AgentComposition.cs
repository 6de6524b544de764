using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using GitOps.Agent.Generations;
using GitOps.Agent.Host.Configuration;
using GitOps.Agent.Host.Control;
using GitOps.Agent.Host.Faults;
using GitOps.Agent.Host.History;
using GitOps.Agent.Host.Identity;
using GitOps.Agent.Host.Logs;
using GitOps.Agent.Host.Secrets;
using GitOps.Agent.Host.Self;
using GitOps.Agent.Host.State;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Host.Transport;
using GitOps.Agent.Links;
using GitOps.Agent.Loop;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Platform.Files;
using GitOps.Platform.Http;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Processes;
using GitOps.Platform.Tls;
using Microsoft.Extensions.Logging;

namespace GitOps.Agent.Host;

/// <summary>One agent, put together with <c>new</c>: its units, its ways to the control plane and to people, and the loop between them.</summary>
internal sealed class AgentComposition : IAsyncDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Passable = Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Readable = Passable | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly AgentConfig _config;
    private readonly StateStore _stateStore;
    private readonly DurableState _state;
    private readonly Problem? _stateProblem;
    private readonly AgentUnits _units;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _logs;
    private Renewal? _renewal;

    private AgentComposition(
        AgentConfig config, StateStore stateStore, DurableState state, Problem? stateProblem, AgentUnits units, TimeProvider time, ILoggerFactory logs) =>
        (_config, _stateStore, _state, _stateProblem, _units, _time, _logs) = (config, stateStore, state, stateProblem, units, time, logs);

    private NodeIdentity Identity => new(_config.Fleet, _config.Node, _config.Root) { GenerationFloor = () => _renewal?.Floor ?? 0 };

    /// <summary>Reads the state and puts the agent together; or says why that must not be done.</summary>
    /// <param name="self">This program, as a shim is started from it.</param>
    public static (AgentComposition? Agent, Problem? Problem) Create(
        AgentConfig config, IReadOnlyList<string> self, TimeProvider time, ILoggerFactory logs)
    {
        var layer = DiskFileLayer.Host;
        layer.EnsureDirectory(config.Paths.State, Passable);
        layer.EnsureDirectory(config.Paths.Units, Readable);
        foreach (var closed in new[] { config.Paths.Blobs, config.Paths.Files, config.Paths.Runs, config.Paths.Logs, config.Paths.Containers })
        {
            layer.EnsureDirectory(closed, Private);
        }

        var store = new StateStore(layer, config.Paths.State);
        var (state, problem) = store.Open();
        return state is null ? (null, problem) : (new AgentComposition(config, store, state, problem, new AgentUnits(config, self, time), time, logs), null);
    }

    /// <summary>
    /// Runs until cancelled, or returns when another executable is to take over; what runs on the node goes on running.
    /// </summary>
    /// <param name="chosen">Why this executable runs and not another one; null where there is nothing to say of that.</param>
    public async Task RunAsync(Problem? chosen, CancellationToken cancellationToken)
    {
        // Settled first: nothing managed starts before it is known what the last run of the agent left half done.
        foreach (var driver in _units.DriversThat<ISettlingDriver>())
        {
            await driver.SettleAsync(cancellationToken);
        }

        Failpoints.Reach(Failpoint.Settled);
        var layer = DiskFileLayer.Host;
        var keeper = new IdentityKeeper(layer, _config.Paths);
        var identity = keeper.Load();
        var clock = new TlsClock(_time, Floor(identity.NotBefore));
        AgentLoop? listening = null;
        string? KeptRoot() => Volatile.Read(ref listening)?.View.State.Root ?? _state.Root;
        var authorities = new FollowedAuthorities(CertificateFiles.LoadAuthorities(layer, _config.Paths.Authority), Identity, KeptRoot);
        await using var bootstrap = new TimeBootstrap(
            _config.Server, identity, authorities.Current, _config.Fleet, () => Identity.NewestRoot(KeptRoot()), clock, _time);
        var verifier = new PeerVerifier(authorities.Current, PeerRole.Server, () => clock.Now) { RefusedByTime = bootstrap.Want };
        using var http = new NodeHttp(new NodeHttpOptions(_config.Server) { Identity = identity, Verifier = verifier }, _time);
        Uplink? uplink = null;
        await using var link = Link(identity, verifier, () => http.ReconnectWindow, state =>
        {
            Volatile.Read(ref uplink)?.LinkChanged(state);
            if (state is MqttLinkState.Connected)
            {
                Volatile.Read(ref listening)?.TellAgain();
            }
        });
        var renewal = new Renewal(_config, keeper, identity, verifier, clock, _time, Random.Shared, _logs.CreateLogger("identity"))
        {
            Renewed = async renewed =>
            {
                http.Present(renewed);
                bootstrap.Present(renewed);
                await (link?.PresentAsync(renewed) ?? Task.CompletedTask);
                listening?.FetchNow();
            },
            ProblemChanged = problem =>
            {
                if (problem is not null)
                {
                    listening?.Note(problem);
                }

                listening?.Wake();
            },
        };
        http.Forbidden = renewal.Want;
        _renewal = renewal;
        var spool = new ReportSpool(layer, _config.Paths.Reports);
        uplink = new Uplink(_config.Fleet, _config.Node, http, link, spool, _time, Random.Shared, _logs.CreateLogger("uplink"));
        var source = new StoreClient(http, _config.Fleet, _config.Node, layer, _units.Blobs, _units.Ledger, FreeBytes);
        var valueUplink = new ValueUplink(
            _config.Fleet, http, _units.Values, () => _units.Ledger.Under(listening?.View.Target is { } target ? LinkPolicy.Of(target) : null), _time, Random.Shared, _logs.CreateLogger("values"))
        {
            Note = problem => listening?.Note(problem),
        };
        var history = new HistoryLog(layer, _config.Paths.History);
        var loop = new AgentLoop(
            Options(http, () => Identity.NewestRoot(listening?.View.State.Root ?? _state.Root).PublicationKeys), _state, _units.Kinds, [.. _units.DriversThat<IReportingDriver>()], source, _stateStore, uplink, _time, Random.Shared, history);
        listening = loop;
        bootstrap.Corrected = now => loop.ProveTime(now, new Problem(AgentCodes.ClockWrong,
            What: string.Create(CultureInfo.InvariantCulture, $"the clock says {_time.GetUtcNow():u}, and the control plane signed that it is {now:u}"),
            Fix: "set the clock of this node, or let a TimeSync in Git keep it"));
        Join(loop);
        NoteFound(loop, chosen, spool.Problem);
        uplink.Hinted = loop.Hint;
        uplink.Dropped = count => loop.Note(new Problem(AgentCodes.ReportsDropped,
            What: string.Create(CultureInfo.InvariantCulture, $"{count} reports were dropped while nobody acknowledged any; the oldest went"),
            Fix: "nothing: the newest holds the whole state of the node; events of that time are in the agent's log only"));
        IReadOnlyList<IUnitLogs> logs = [new ProcessLogs(_config.Paths, _time), .. _units.DriversThat<IUnitLogs>()];
        var import = new CarriedImport(Identity, _units.Blobs, _units.Secrets, FreeBytes);
        await using var control = ControlServer.Listen(_config.Paths.Socket, new ControlDesk(loop, history, logs, import, _units, _config.Policy, _config.Node, _time), _time);
        link?.Start();
        ServiceNotice.Send("READY=1");
        using var talking = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var talk = Task.WhenAll(uplink.RunAsync(talking.Token), valueUplink.RunAsync(talking.Token), renewal.RunAsync(talking.Token), IdleHeap.KeepSmallAsync(_time, talking.Token));
        try
        {
            await loop.RunAsync(cancellationToken);
        }
        finally
        {
            await talking.CancelAsync();
            await talk.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public ValueTask DisposeAsync() => _units.DisposeAsync();

    /// <summary>Who wakes the loop, and tells it what went wrong.</summary>
    private void Join(AgentLoop loop)
    {
        foreach (var driver in _units.DriversThat<IWatchingDriver>())
        {
            driver.Wake = loop.Wake;
        }

        foreach (var driver in _units.DriversThat<INotingDriver>())
        {
            driver.Note = (problem, unit) => loop.Note(problem, unit);
        }

        _units.Syncs.Held = unit => loop.View.State.Holds.FirstOrDefault(h => h.Covers(unit)) is { } hold ? $"{hold.By} ({hold.Reason})" : null;
        _units.Values.Note = (problem, unit) => loop.Note(problem, unit);
        _units.Blobs.Missing = loop.Refetch;
        _units.Secrets.Missing = loop.Refetch;
        _units.Files.Told = problem => loop.Note(problem);
    }

    /// <summary>What earlier runs left to be said.</summary>
    private void NoteFound(AgentLoop loop, Problem? chosen, string? lost)
    {
        if (_stateProblem is not null)
        {
            loop.Note(_stateProblem);
        }

        foreach (var unit in _state.Unreadable)
        {
            loop.Note(new Problem(AgentCodes.UnitLeftAlone,
                $"{unit.Id} was made by a newer agent, and this one does not know it: it stays as it is", "put the newer agent back"), unit.Id);
        }

        if (chosen is not null)
        {
            loop.Note(chosen);
        }

        if (lost is not null)
        {
            loop.Note(new Problem(AgentCodes.ReportsDropped, What: $"reports of an earlier run cannot be read: {lost}", Fix: "check the disk of this node"));
        }
    }

    private LoopOptions Options(NodeHttp http, Func<EquatableArray<TrustedKey>> keys) => new()
    {
        Identity = Identity,
        BootId = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16)),
        Version = OwnProgram.OwnVersion,
        IdentityProblem = () => _renewal?.Problem,
        Policy = _config.Policy,
        OwnPaths = [_config.Paths.Identity, _config.Paths.State],
        Poll = _config.Poll,
        CommitDeadline = _config.CommitDeadline,
        DeletionGrace = _config.VolumeGrace,
        ReconnectWindow = () => http.ReconnectWindow,
        RunsContainers = !_config.Engine.IsNone,
        Staging =
        [
            new SealedStaging(http, _config.Fleet, _config.Node, _units.Secrets, _config.Paths.SealKey, keys), _units.Processes.Staging, _units.Containers.Staging,
        ],
        TrialLimit = _config.Trial,
        Slots = OwnProgram.Current.IsOneFile ? _units.Slots : null,
    };

    /// <summary>What is known to be past: a clock in 1970 must not make every certificate "not yet valid".</summary>
    private DateTimeOffset Floor(DateTime issued) =>
        new[] { new DateTimeOffset(issued.ToUniversalTime()), _state.TrustedTime ?? DateTimeOffset.MinValue }.Max();

    private MqttLink? Link(
        X509Certificate2 identity, PeerVerifier verifier, Func<TimeSpan> reconnectWindow, Action<MqttLinkState> changed)
    {
        if (_config.Broker is not { } broker)
        {
            return null;
        }

        var options = new MqttLinkOptions(broker, _config.Node)
        {
            Identity = identity,
            Verifier = verifier,
            ReconnectWindow = reconnectWindow,
            WillTopic = Topics.Report(_config.Fleet, _config.Node),
            Subscriptions =
            [
                new MqttSubscription(Topics.Hint(_config.Fleet, _config.Node)), new MqttSubscription(Topics.Ack(_config.Fleet, _config.Node)),
            ],
        };
        return new MqttLink(options, _time, Random.Shared, changed);
    }

    private long FreeBytes() => new DriveInfo(_config.Paths.State).AvailableFreeSpace;
}
