using GitOps.Bundles;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Reconciling;
using GitOps.ControlPlane.Storage;
using GitOps.ControlPlane.Store;
using GitOps.ControlPlane.Trust;
using GitOps.ControlPlane.Warm;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.Platform.Timing;
using GitOps.Reconciler.Guards;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Hosting;

/// <summary>Why a control plane does not start: the problem says what to do.</summary>
public sealed class HostRefusedException(Problem problem) : Exception(problem.What)
{
    public Problem Problem { get; } = problem;
}

/// <summary>
/// A whole control plane in one process. It starts before it knows its fleet: the uid, which certificates, topics and the
/// store carry, is read from the repository at the first start and kept; until then only the people's endpoint is there,
/// and says what it waits for.
/// </summary>
public sealed class ControlPlaneHost : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WarmCompiler _compiler;
    private readonly FleetDirectory _directory = new();
    private readonly HostGround _ground;
    private readonly Wakeup _wakeup;
    private readonly PeopleView _view;
    private readonly ILogger _logger;
    private PeopleApi? _people;
    private volatile FleetServices? _services;
    private bool _isDisposed;

    private ControlPlaneHost(HostGround ground)
    {
        _ground = ground;
        _wakeup = new Wakeup(ground.Time);
        _view = new PeopleView(ground.Settings.Source, Wake);
        _logger = ground.Loggers.CreateLogger<ControlPlaneHost>();
        _compiler = new WarmCompiler(new WarmFile(ground.Layer, ground.Data.Warm), ground.Loggers.CreateLogger<WarmCompiler>());
    }

    /// <summary>Where people and webhooks reach it.</summary>
    public Uri PeopleAddress => _people!.Address;

    /// <summary>Where nodes reach it; null before <see cref="Ready"/>.</summary>
    public Uri? NodeAddress => _services?.NodeAddress;

    /// <summary>Completes when the fleet is known and nodes are served.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Ends when the host is disposed; fails when it cannot go on.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Starts; returns once people are served, and nodes too when the fleet is known from before.</summary>
    /// <exception cref="HostRefusedException">Something on this machine is in the way.</exception>
    public static async Task<ControlPlaneHost> StartAsync(
        ControlPlaneSettings settings, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var (layer, data) = (DiskFileLayer.Host, new DataDirectory(settings.DataDirectory));
        data.Ensure(layer);
        var lease = StoreLease.Take(data.Store) switch
        {
            LeaseTaking.Held held => held,
            LeaseTaking.Refused(var problem) => throw new HostRefusedException(problem),
            var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
        };
        Database? database = null;
        Database? values = null;
        try
        {
            database = Opened(Database.Open(data.Database, time));
            values = Opened(Database.OpenValues(data.Values, time));
            var authority = FleetAuthority.Open(layer, data, time);
            var ground = new HostGround(
                settings, data, layer, database, values, lease, authority,
                ServerIdentity.Open(authority, layer, data, settings.Names, time),
                new GitMirror(data.Mirror, settings.Source, new CommandRunner(time)),
                new ReconcilerOptions { Poll = settings.Poll, FirstGuards = GuardSettings.Default with { Signing = FirstSigners.Read(settings.CommitKeys, layer) } },
                time, loggers);
            var host = new ControlPlaneHost(ground);
            await host.RunAsync(cancellationToken).ConfigureAwait(false);
            return host;
        }
        catch
        {
            database?.Dispose();
            values?.Dispose();
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Looks at the repository now.</summary>
    public void Wake()
    {
        _wakeup.Signal();
        _services?.Wake();
    }

    /// <summary>Stops taking work, finishes what is under way for a moment, then closes everything.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await CloseAsync().ConfigureAwait(false);
        _ground.Database.Dispose();
        _ground.Values.Dispose();
        _ground.Lease.Dispose();
        HostLog.Stopped(_logger);
    }

    private static Database Opened(DatabaseOpening opening) => opening switch
    {
        DatabaseOpening.Opened(var opened) => opened,
        DatabaseOpening.Refused(var problem) => throw new HostRefusedException(problem),
        var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
    };

    private async Task CloseAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_people is not null)
        {
            await _people.DisposeAsync().ConfigureAwait(false);
        }

        if (_services is not null)
        {
            await _services.DisposeAsync().ConfigureAwait(false);
        }

        await _ground.Mirror.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var settings = _ground.Settings;
        try
        {
            var token = OpenToken();
            var options = new PeopleApiOptions(
                settings.PeopleEndpoint, token, settings.Webhooks, settings.PeopleTls ? _ground.Server : null);
            _people = await PeopleApi.StartAsync(options, _view, _ground.Time, _ground.Loggers, cancellationToken).ConfigureAwait(false);
            HostLog.PeopleListening(_logger, _people.Address);
            if (FleetPin.Read(_ground.Layer, _ground.Data) is { } fleet)
            {
                await ServeAsync(fleet, cancellationToken).ConfigureAwait(false);
                Completion = KeepServingAsync(fleet, _stop.Token);
            }
            else
            {
                Completion = DiscoverAndServeAsync(_stop.Token);
            }
        }
        catch
        {
            await CloseAsync().ConfigureAwait(false);
            throw;
        }
    }

    private PeopleToken OpenToken() => _ground.Settings.PeopleTokenFile is { } file
        ? PeopleToken.Load(_ground.Layer, file) ?? throw new HostRefusedException(new Problem(
            HostCodes.NoPeopleToken, $"there is no token in {file}", "write one there, e.g. of 'openssl rand -hex 32', or leave peopleTokenFile out"))
        : PeopleToken.LoadOrCreate(_ground.Layer, _ground.Data.PeopleToken);

    private async Task DiscoverAndServeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var fleet = await DiscoverAsync(cancellationToken).ConfigureAwait(false);
            FleetPin.Keep(_ground.Layer, _ground.Data, fleet);
            await ServeAsync(fleet, cancellationToken).ConfigureAwait(false);
            await KeepServingAsync(fleet, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            _ready.TrySetException(failure);
            throw;
        }
    }

    private async Task ServeAsync(string fleet, CancellationToken cancellationToken)
    {
        _services = await FleetServices.StartAsync(fleet, _ground, _directory, _compiler, _view, cancellationToken).ConfigureAwait(false);
        _view.Show(_services.Parts);
        HostLog.NodesListening(_logger, fleet, _services.NodeAddress);
        _ready.TrySetResult();
    }

    /// <summary>
    /// Until stopped; a root that is offered is taken in between, as at a start: everything that signs, trusts or is trusted begins anew.
    /// </summary>
    private async Task KeepServingAsync(string fleet, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var offered = RootOffer.SeenAsync(_ground.Layer, _ground.Data, _ground.Time, stop.Token);
            var ended = _services!.Completion.WaitAsync(cancellationToken);
            if (await Task.WhenAny(ended, offered).ConfigureAwait(false) == ended)
            {
                await stop.CancelAsync().ConfigureAwait(false);
                await offered.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await ended.ConfigureAwait(false);
                return;
            }

            await offered.ConfigureAwait(false);
            if (RootOffer.Judge(_ground.Layer, _ground.Data) is { } refused)
            {
                HostLog.RootRefused(_logger, refused);
                continue;
            }

            HostLog.RootTaken(_logger);
            var services = _services!;
            _services = null;
            await services.DisposeAsync().ConfigureAwait(false);
            if (RootOffer.Take(_ground.Layer, _ground.Data, fleet) is { } problem)
            {
                HostLog.RootRefused(_logger, problem);
            }

            await ServeAsync(fleet, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<string> DiscoverAsync(CancellationToken cancellationToken)
    {
        var last = new ReconcilerStatus();
        while (true)
        {
            switch (await FleetDiscovery.FindAsync(
                _ground.Mirror, _compiler.Compile, _ground.Options, _ground.Time, cancellationToken).ConfigureAwait(false))
            {
                case FleetFinding.Found(var uid):
                    return uid;
                case FleetFinding.Failed(var problem):
                    last = Wait(last, new ReconcilerStatus { Problem = problem });
                    break;
                case FleetFinding.Rejected(var revision, var findings):
                    last = Wait(last, new ReconcilerStatus { Seen = Rejected(revision, findings), FetchedAt = _ground.Time.GetUtcNow() });
                    break;
            }

            await _wakeup.WaitAsync(_ground.Settings.Poll, cancellationToken).ConfigureAwait(false);
        }
    }

    private RevisionRecord Rejected(string revision, EquatableArray<FindingRecord> findings) => new()
    {
        Id = revision,
        SeenAt = _ground.Time.GetUtcNow(),
        Outcome = RevisionOutcome.Rejected,
        Findings = findings,
    };

    /// <summary>Shows the reason to people, and logs it when it is another one than before.</summary>
    private ReconcilerStatus Wait(ReconcilerStatus before, ReconcilerStatus now)
    {
        _view.Wait(now);
        if (now.Problem is { } problem && problem.Code != before.Problem?.Code)
        {
            HostLog.WaitingFor(_logger, problem);
        }

        if (now.Seen is { } seen && seen.Id != before.Seen?.Id)
        {
            foreach (var finding in seen.Findings)
            {
                HostLog.FirstRevision(_logger, finding.ToText());
            }
        }

        return now;
    }
}
