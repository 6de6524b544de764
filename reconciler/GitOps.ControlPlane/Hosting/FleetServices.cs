using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using GitOps.Bundles;
using GitOps.ControlPlane.Nodes;
using GitOps.ControlPlane.Distribution;
using GitOps.ControlPlane.Distribution.Mqtt;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Reconciling;
using GitOps.ControlPlane.Sealing;
using GitOps.ControlPlane.Registrations;
using GitOps.ControlPlane.Storage;
using GitOps.ControlPlane.Store;
using GitOps.ControlPlane.Trust;
using GitOps.ControlPlane.Values;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using GitOps.Platform.Timing;
using GitOps.Platform.Tls;
using k8s;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Hosting;

/// <summary>What is there before the fleet is known.</summary>
internal sealed record HostGround(
    ControlPlaneSettings Settings,
    DataDirectory Data,
    IFileLayer Layer,
    Database Database,
    Database Values,
    LeaseTaking.Held Lease,
    FleetAuthority Authority,
    ServerIdentity Server,
    GitMirror Mirror,
    ReconcilerOptions Options,
    TimeProvider Time,
    ILoggerFactory Loggers);

/// <summary>Everything that carries the fleet's uid: store, node API, broker, reconciler. Started whole or not at all.</summary>
internal sealed class FleetServices : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<IReadOnlyList<string>> _opened = Channel.CreateUnbounded<IReadOnlyList<string>>();
    private readonly HostGround _ground;
    private readonly TrustStore _trust;
    private readonly ReportBook _book;
    private readonly ValueBook _values;
    private readonly HintBook _hints = new();
    private readonly FleetDirectory _directory;
    private readonly PeopleView _view;
    private readonly FleetStatus _status;
    private readonly Reconciling.Reconciler _reconciler;
    private readonly Publisher _publisher;
    private readonly NodePublisher _nodePublisher;
    private readonly Decommissioner _decommissioner;
    private readonly ContentStore _store;
    private readonly EnrolmentTokens _tokens;
    private readonly IdentityAlarms _alarms;
    private RegistrationClient? _cluster;
    private RegistrationWatch? _registrations;
    private NodeApi? _nodeApi;
    private IBroker? _broker;
    private IDisposable? _withdrawals;
    private Task _running = Task.CompletedTask;

    private FleetServices(HostGround ground, ContentStore store, TrustStore trust, FleetDirectory directory, WarmCompiler compiler, PeopleView view, AgeIdentity sealKey)
    {
        (_ground, _store, _trust, _directory, _view) = (ground, store, trust, directory, view);
        _status = new FleetStatus(ground.Settings.SilentAfter, ground.Time);
        _book = new ReportBook(ground.Database, ground.Time);
        _book.Booked += _status.Book;
        _values = new ValueBook(ground.Values, ground.Time, () => new DriveInfo(ground.Data.Path).AvailableFreeSpace);
        var reports = new ReportReader(ground.Database);
        _status.Load(reports.Latest());
        var revisions = new RevisionBook(ground.Database, ground.Time);
        _publisher = new Publisher(
            store, ground.Database, trust.Signer, ground.Lease, isClockTrusted: () => HostClock.IsSynchronised, ground.Time);
        var keys = new NodeKeys(ground.Authority);
        _reconciler = new Reconciling.Reconciler(
            ground.Mirror, directory.Listen(compiler.Compile), store, _publisher, revisions, _status,
            ground.Authority.Withdrawals.IsRemoved, new Sealer(store, trust.Signer, sealKey, keys.Look), ground.Options, ground.Time, Random.Shared,
            ground.Loggers.CreateLogger<Reconciling.Reconciler>(), compiler);
        _nodePublisher = new NodePublisher(_publisher, _status);
        _decommissioner = new Decommissioner(
            store, _nodePublisher, revisions, ground.Authority, ground.Time, ground.Loggers.CreateLogger<Decommissioner>());
        var retrier = new Retrier(store, _nodePublisher, _status, ground.Time, ground.Loggers.CreateLogger<Retrier>());
        _book.Booked += booked => _decommissioner.Hear(booked.Report);
        _tokens = new EnrolmentTokens(ground.Database, ground.Time);
        _alarms = new IdentityAlarms(ground.Database, ground.Time, ground.Loggers.CreateLogger<IdentityAlarms>());
        var runs = new RunWatch();
        _book.Booked += booked =>
        {
            if (runs.Hear(booked.Report.Node, booked.Report.BootId))
            {
                _ = _alarms.RaiseAsync(
                    booked.Report.Node, $"reports of two runs of the agent alternate, the newest is of {booked.Report.BootId}");
            }
        };
        Parts = new FleetParts(
            store, _status, reports, revisions, directory, _decommissioner, retrier, new AuditTrail(ground.Database),
            new EnrolmentDesk(_tokens, ground.Authority, Server, ground.Time), _alarms, keys, new ValueReader(ground.Values), () => _reconciler.Status);
    }

    public FleetParts Parts { get; }

    public Uri NodeAddress => _nodeApi!.Address;

    /// <summary>Opens the store of the fleet, serves it and begins to reconcile.</summary>
    /// <exception cref="HostRefusedException">Something on this machine is in the way.</exception>
    public static async Task<FleetServices> StartAsync(
        string fleet, HostGround ground, FleetDirectory directory, WarmCompiler compiler, PeopleView view, CancellationToken cancellationToken)
    {
        var store = ContentStore.Open(ground.Layer, ground.Data.Store, fleet) switch
        {
            StoreOpening.Opened opened => opened.Store,
            StoreOpening.Refused(var problem) => throw new HostRefusedException(problem),
            var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
        };
        var trust = TrustStore.Open(ground.Layer, ground.Data.Keys, store, [ground.Authority.CertificatePem]) switch
        {
            TrustOpening.Opened opened => opened.Trust,
            TrustOpening.Refused(var problem) => throw new HostRefusedException(problem),
            var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
        };
        var (sealKey, unreadable) = SealKey.LoadOrCreate(ground.Layer, ground.Data.SealKey);
        if (sealKey is null)
        {
            trust.Dispose();
            throw new HostRefusedException(unreadable!);
        }

        if (!trust.CanSignRoots)
        {
            HostLog.RootsSignedElsewhere(
                ground.Loggers.CreateLogger<FleetServices>(), trust.Root.Version, trust.Root.Threshold, trust.Root.RootKeys.Count);
        }

        AtomicFile.Write(ground.Layer, ground.Data.Root, trust.RootJson, AtomicFile.Readable); // for 'node add' beside us
        var services = new FleetServices(ground, store, trust, directory, compiler, view, sealKey);
        try
        {
            await services.ServeAsync(cancellationToken).ConfigureAwait(false);
            return services;
        }
        catch
        {
            await services.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Somebody pushed, or asks to look now.</summary>
    public void Wake() => _reconciler.Wake();

    /// <summary>Ends when stopped; before that only by a bug.</summary>
    public Task Completion => _running;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        try
        {
            await _running.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Stopped: as asked.
        }

        if (_broker is not null)
        {
            await _broker.DisposeAsync().ConfigureAwait(false);
        }

        if (_nodeApi is not null)
        {
            await _nodeApi.DisposeAsync().ConfigureAwait(false);
        }

        _ground.Authority.Withdrawals.Changed -= OnWithdrawn;
        _withdrawals?.Dispose();
        await _book.DisposeAsync().ConfigureAwait(false); // after those who book
        await _values.DisposeAsync().ConfigureAwait(false);
        _cluster?.Dispose();
        _publisher.Dispose();
        _trust.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        foreach (var node in _store.Nodes)
        {
            _hints.Set(node, _store.PointerOf(node)!.Generation);
        }

        // Of a namespace that is not looked at any more nobody would end a token.
        await _tokens.RevokeOriginsAsync(
            EnrolmentToken.RegistrationsOf(""), except: _ground.Settings.Registrations is { } own ? EnrolmentToken.RegistrationsOf(own) : null,
            cancellationToken).ConfigureAwait(false);
        if (_ground.Settings.Registrations is { } ns)
        {
            OpenRegistrations(ns);
        }

        var intake = new ReportIntake(_store.Fleet, _book);
        var nodes = new PeerVerifier(Authorities(), PeerRole.Client, _ground.Time.GetUtcNow)
        {
            RevokedBecause = _ground.Authority.Withdrawals.RevokedBecause,
        };
        _nodeApi = await NodeApi.StartAsync(
            _ground.Settings.NodeEndpoint, _ground.Server, nodes, _ground.Authority.Withdrawals, _store, intake, _status,
            _trust.Signer, Enrolment(), new ValueEndpoint(_values, _ground.Loggers.CreateLogger<ValueEndpoint>()), _ground.Time, _ground.Loggers, cancellationToken)
            .ConfigureAwait(false);
        _broker = CreateBroker(intake, nodes);
        await _broker.StartAsync(cancellationToken).ConfigureAwait(false);
        _withdrawals = _ground.Authority.Withdrawals.Watch();
        _reconciler.Published += Hint;
        _nodePublisher.Opened += pointer =>
        {
            Hint([pointer]);
            _reconciler.Look();
        };
        _ground.Authority.Withdrawals.Changed += OnWithdrawn;
        foreach (var view in _status.All().Where(view => view.Report is not null))
        {
            _decommissioner.Hear(view.Report!);
        }

        _reconciler.StatusChanged += () =>
        {
            if (_reconciler.Status.Seen is { Outcome: RevisionOutcome.Published } || _directory.Count == 0)
            {
                _directory.Accept();
            }

            _view.Change([]);
        };
        var retention = new ValueRetention(_ground.Values, _values, _ground.Settings.Values, _ground.Time, _ground.Loggers.CreateLogger<ValueRetention>());
        _running = Task.WhenAll(
            _reconciler.RunAsync(_stop.Token), HintAsync(_stop.Token), retention.RunAsync(_stop.Token), _registrations?.RunAsync(_stop.Token) ?? Task.CompletedTask);
    }

    private void OnWithdrawn()
    {
        _reconciler.Look(); // a node that was removed may be back
        _ = _alarms.ForgetAsync(_ground.Authority.Withdrawals);
    }

    /// <summary>Only the holder of the store's lease comes here: two would write the same statuses.</summary>
    private void OpenRegistrations(string ns)
    {
        var settings = _ground.Settings;
        try
        {
            var configuration = settings.Kubeconfig is { } file
                ? KubernetesClientConfiguration.BuildConfigFromConfigFile(file)
                : KubernetesClientConfiguration.InClusterConfig();
            _cluster = new RegistrationClient(configuration, ns);
        }
        catch (Exception unusable) when (unusable is k8s.Exceptions.KubeConfigException or IOException)
        {
            throw new HostRefusedException(new Problem(IdentityCodes.RegistrationsAway,
                $"the cluster of registrations '{ns}' cannot be used: {unusable.Message}", "name a kubeconfig with --kubeconfig, or run in the cluster"));
        }

        _registrations = new RegistrationWatch(
            _cluster, ns, _store.Fleet, _tokens, _ground.Authority, _ground.Time, Random.Shared, _ground.Loggers.CreateLogger<RegistrationWatch>());
    }

    /// <summary>The real port where 0 was asked for.</summary>
    private Uri Server() => NodeAddresses.Server(_ground.Settings, _nodeApi?.Address.Port);

    private EnrolmentEndpoint Enrolment()
    {
        var settings = _ground.Settings;
        var terms = new EnrolmentTerms(
            _store.Fleet, () => Parts.Revisions.Identity, Server, () => NodeAddresses.Broker(settings),
            () => _store.Root(_store.LatestRoot)!, node => _store.PointerOf(node)?.Generation, node => _registrations is { } registrations ? registrations.IsSuspended(node) : false);
        var enroller = new Enroller(
            terms, _tokens, _ground.Authority, _alarms, _ground.Time, _ground.Loggers.CreateLogger<Enroller>());
        enroller.Issued += () =>
        {
            _registrations?.Look();
            _reconciler.Look(); // its secrets can be sealed to it now
        };
        return new EnrolmentEndpoint(enroller, _ground.Time, _ground.Loggers.CreateLogger<EnrolmentEndpoint>());
    }

    /// <summary>All that the root names: while one takes the place of another, nodes have certificates of both.</summary>
    private List<X509Certificate2> Authorities() =>
        [.. _trust.Root.Authorities.Where(pem => RootDraft.Fingerprint(pem) is not null).Select(pem => X509Certificate2.CreateFromPem(pem))];

    private void Hint(IReadOnlyList<PublishedPointer> opened)
    {
        foreach (var pointer in opened)
        {
            _hints.Set(pointer.Node, pointer.Generation);
        }

        _opened.Writer.TryWrite([.. opened.Select(pointer => pointer.Node)]);
    }

    private IBroker CreateBroker(ReportIntake intake, PeerVerifier nodes)
    {
        switch (_ground.Settings.Broker)
        {
            case BrokerSetting.Embedded(var endpoint):
                return new EmbeddedBroker(
                    _store.Fleet, endpoint, _ground.Server, nodes, _ground.Authority.Withdrawals, intake, _hints, _status, _ground.Time,
                    _ground.Loggers.CreateLogger<EmbeddedBroker>());
            case BrokerSetting.External(var address):
                // Its key lives in this process only; a certificate for each start, good as long as the authority is.
                var identity = _ground.Authority
                    .Issue(ca => ca.IssueNode(MosquittoConfig.ControlPlaneName, _store.Fleet, TimeSpan.FromDays(3652)))
                    .ToIdentity();
                var servers = new PeerVerifier(Authorities(), PeerRole.Server, _ground.Time.GetUtcNow);
                return new ExternalBroker(
                    _store.Fleet, new ExternalBrokerOptions(address, identity, servers), intake, _hints, _ground.Time,
                    _ground.Loggers.CreateLogger<ExternalBroker>());
            case BrokerSetting.None:
                return new NoBroker();
            default:
                throw new System.Diagnostics.UnreachableException(_ground.Settings.Broker.ToString());
        }
    }

    private async Task HintAsync(CancellationToken cancellationToken)
    {
        await foreach (var nodes in _opened.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            await _broker!.HintAsync(nodes, cancellationToken).ConfigureAwait(false);
            _view.Change(nodes);
        }
    }
}
