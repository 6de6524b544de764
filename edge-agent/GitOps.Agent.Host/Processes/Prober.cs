using System.Globalization;
using System.Net.Sockets;
using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Processes;

/// <summary>Asks the probes of one run on their periods, and keeps what they say. Disposing ends it.</summary>
internal sealed class Prober : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
    {
        Timeout = Timeout.InfiniteTimeSpan, // each probe has its own
    };

    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, Tally> _tallies;
    private readonly ICommandRunner _commands;
    private readonly TimeProvider _time;
    private readonly string _directory;
    private readonly ProbeWorld _world;
    private readonly Action _changed;
    private readonly Task _running;
    private readonly Lock _lock = new();

    /// <param name="world">What the probes ask that is no process, port or command.</param>
    public Prober(EquatableArray<Probe> probes, string directory, ProbeWorld world, ICommandRunner commands, TimeProvider time, Action changed)
    {
        (Probes, _directory, _world, _commands, _time, _changed) = (probes, directory, world, commands, time, changed);
        _tallies = probes.ToDictionary(p => p.Name, _ => new Tally(HasSucceeded: false, FailuresInARow: 0, "has not answered yet"));
        _running = Task.WhenAll(probes.Select(RunAsync));
    }

    public EquatableArray<Probe> Probes { get; }

    public ProbeReading Read()
    {
        lock (_lock)
        {
            foreach (var probe in Probes)
            {
                if (_tallies[probe.Name] is { } tally && tally.FailuresInARow >= probe.FailureThreshold)
                {
                    return new ProbeReading.Failing($"probe '{probe.Name}' failed {probe.FailureThreshold} times in a row: {tally.Message}");
                }
            }

            return Probes.FirstOrDefault(p => !_tallies[p.Name].HasSucceeded) is { } open
                ? new ProbeReading.Pending($"probe '{open.Name}' has not succeeded yet: {_tallies[open.Name].Message}")
                : new ProbeReading.Passing();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(Probe probe)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Max(probe.PeriodMs, 1)), _time);
        try
        {
            do
            {
                Book(probe, await AskAsync(probe, _stop.Token));
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The run this probe was about is over.
        }
    }

    private void Book(Probe probe, string? failure)
    {
        ProbeReading before, after;
        lock (_lock)
        {
            before = Read();
            var tally = _tallies[probe.Name];
            _tallies[probe.Name] = failure is null
                ? new Tally(HasSucceeded: true, FailuresInARow: 0, "well")
                : new Tally(tally.HasSucceeded, tally.FailuresInARow + 1, failure);
            after = Read();
        }

        if (before != after)
        {
            _changed();
        }
    }

    /// <summary>Null when the probe succeeds, else why not.</summary>
    private async Task<string?> AskAsync(Probe probe, CancellationToken cancellationToken)
    {
        var timeout = TimeSpan.FromMilliseconds(Math.Max(probe.TimeoutMs, 1));
        using var limit = new CancellationTokenSource(timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return probe switch
            {
                { Http: { } http } => await AskAsync(http, either.Token),
                { Tcp: { } tcp } => await AskAsync(tcp, either.Token),
                { Exec: { } exec } => await AskAsync(exec, timeout, either.Token),
                { Log: { } log } => _world.Log.Find(log),
                { Clock: { } clock } => _world.Ask(clock),
                { Device: { } device } => _world.Ask(device),
                _ => "it says nothing that could be asked",
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return string.Create(CultureInfo.InvariantCulture, $"no answer within {probe.TimeoutMs} ms");
        }
    }

    private static async Task<string?> AskAsync(HttpProbe http, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await Http.GetAsync(new Uri(http.Url), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var status = (int)response.StatusCode;
            return status == http.Status ? null
                : string.Create(CultureInfo.InvariantCulture, $"{http.Url} answers {status}, expected is {http.Status}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UriFormatException or InvalidOperationException or NotSupportedException)
        {
            return $"{http.Url}: {e.GetBaseException().Message}";
        }
    }

    private static async Task<string?> AskAsync(TcpProbe tcp, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(tcp.Host, tcp.Port, cancellationToken);
            return null;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{tcp.Host}:{tcp.Port}: {e.Message}");
        }
    }

    private async Task<string?> AskAsync(ExecProbe exec, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var command = new Command([.. exec.Command]) { WorkingDirectory = _directory, Deadline = timeout, OutputLimitBytes = 4096 };
        var result = await _commands.RunAsync(command, cancellationToken);
        return result.Succeeded ? null
            : result.TimedOut ? $"{exec.Command[0]} did not end in time"
            : string.Create(CultureInfo.InvariantCulture, $"{exec.Command[0]} exits with {result.ExitCode}");
    }

    private sealed record Tally(bool HasSucceeded, int FailuresInARow, string Message);
}
