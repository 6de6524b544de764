using System.Text.Json;
using GitOps.Agent.Devices;
using GitOps.Agent.Host.Devices.Upstream;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Host.Transport;
using GitOps.Agent.Links;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Http;
using GitOps.TestKit;
using GitOps.TestKit.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitOps.Agent.Host.Tests.Devices.Upstream;

/// <summary>From what a device says to a control plane, through the disk and a network that fails; time is ten times faster.</summary>
public sealed class UpstreamValuesTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly TempDirectory _state = new();
    private readonly FastTime _time = new(10);
    private readonly List<Problem> _noted = [];
    private ValueInbox _inbox = null!;
    private FaultProxy _proxy = null!;
    private Running? _running;
    private LinkPolicy _link = LinkPolicy.Free;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _inbox = await ValueInbox.StartAsync();
        _proxy = new FaultProxy(_inbox.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _proxy.DisposeAsync();
        await _inbox.DisposeAsync();
        _state.Dispose();
    }

    [Fact]
    public async Task Through_cuts_lost_answers_and_restarts_every_value_arrives_once()
    {
        Start(null, "oven-1", "oven-2");
        var said = 0;
        foreach (var (begin, end) in new (Action<FaultProxy> Begin, Action<FaultProxy> End)[]
        {
            (_ => { }, _ => { }),
            (proxy => { proxy.Refuses = true; proxy.Cut(); }, proxy => proxy.Refuses = false),
            (proxy => proxy.DropsDown = true, proxy => { proxy.DropsDown = false; proxy.Cut(); }),
            (proxy => proxy.CutAfter(700), proxy => proxy.Cut()),
            (proxy => proxy.CutAfter(40_000), proxy => proxy.Cut()),
        })
        {
            begin(_proxy);
            for (var i = 0; i < 400; i++)
            {
                Say("oven-1", ++said);
            }

            await _running!.UntilWrittenAsync();
            await StopAsync();
            Start(null, "oven-1", "oven-2");
            Say("oven-1", ++said);
            await _running!.UntilWrittenAsync();
            end(_proxy);
            await ArrivedAsync(said);
        }

        Assert.Empty(_noted);
        Assert.All(_inbox.Kept, record => Assert.Null(record.Lost));
    }

    [Fact]
    public async Task What_a_device_that_left_had_said_is_still_sent_and_then_nothing_is_left_of_it()
    {
        _proxy.Refuses = true;
        Start(null, "oven-1", "oven-2");
        Say("oven-1", 1);
        Say("oven-2", 2);
        _running!.Values.Follow("oven-1", null);
        await _running.UntilWrittenAsync();
        await StopAsync();
        Assert.True(Directory.Exists(_state["values/oven-1"]));

        _proxy.Refuses = false;
        Start(null, "oven-2");
        await ArrivedAsync(2);
        await Eventually.BecomesTrue(() => !Directory.Exists(_state["values/oven-1"]), Limit, Stop);
        Say("oven-2", 3);
        await ArrivedAsync(3);
    }

    [Fact]
    public async Task A_link_that_is_not_to_be_used_holds_values_and_what_is_sent_counts()
    {
        _link = new LinkPolicy { Budget = new DownloadBudget(4_000, 30) };
        Start(null, "oven-1", "oven-2");
        for (var i = 1; i <= 20; i++)
        {
            Say("oven-1", i);
        }

        await ArrivedAsync(20);
        await Eventually.BecomesTrue(() => Counted() == _inbox.Bodies.Sum(), Limit, Stop);
        for (var i = 21; i <= 80; i++)
        {
            Say("oven-1", i);
        }

        await _running!.UntilWrittenAsync();
        await _running.UntilHeldAsync();
        Assert.Equal(20, _inbox.Kept.Count);

        _link = LinkPolicy.Free;
        await StopAsync();
        Start(null, "oven-1", "oven-2");
        await ArrivedAsync(80);
    }

    [Fact]
    public async Task A_control_plane_that_is_busy_is_asked_again_and_what_it_will_never_take_is_given_up()
    {
        var answers = new Queue<int>([503, 500, 403, 200, 413]);
        _inbox.Answers = context =>
        {
            if (!answers.TryDequeue(out var status))
            {
                return false;
            }

            context.Response.StatusCode = status; // 200 without a receipt: a portal of somebody else
            context.Response.Headers.RetryAfter = "1";
            return true;
        };
        Start(null, "oven-1", "oven-2");
        Say("oven-1", 1);
        await Eventually.BecomesTrue(() => answers.Count == 0, Limit, Stop);
        await Eventually.BecomesTrue(() => _noted.Count == 1, Limit, Stop);
        Assert.Equal("AGT263", _noted[0].Code);
        Say("oven-1", 2);
        await Eventually.BecomesTrue(() => _inbox.Kept.Count == 1, Limit, Stop);
        Assert.Equal(new DeviceValue.Number(2), _inbox.Kept[0].Value);
    }

    [Fact]
    public async Task A_full_buffer_is_noted_once_and_counted_among_the_values()
    {
        _proxy.Refuses = true;
        Start(new UpstreamBuffer { SizeBytes = UpstreamBuffer.LeastBytes }, "oven-1");
        for (var i = 1; i <= 4_000; i++)
        {
            Say("oven-1", i);
            if (i % 200 == 0)
            {
                await _running!.UntilWrittenAsync();
            }
        }

        Assert.Equal(["AGT260"], _noted.Select(problem => problem.Code));
        _proxy.Refuses = false;
        await Eventually.BecomesTrue(() => _inbox.Kept.Count(record => record.Lost is null) + _inbox.Kept.Sum(record => record.Lost ?? 0) == 4_000, Limit, Stop);
        Assert.Contains(_inbox.Kept, record => record.Value == new DeviceValue.Number(4_000));
    }

    [Fact]
    public async Task Where_nothing_goes_up_nothing_is_written()
    {
        Start();
        _running!.Values.Follow("oven-1", Spec(null));
        _running.Values.Say("oven-1", State(1, TimeSpan.Zero));
        _running.Values.Follow("oven-1", null);
        await StopAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_state.Path));
    }

    private void Start(UpstreamBuffer? buffer = null, params string[] follows)
    {
        _running = new Running(this);
        foreach (var device in follows)
        {
            _running.Values.Follow(device, Spec(new ReportRule { Deadband = 0 }, buffer));
        }
    }

    private async Task StopAsync()
    {
        if (_running is { } running)
        {
            _running = null;
            await running.DisposeAsync();
        }
    }

    private void Say(string device, int value) => _running!.Values.Say(device, State(value, _time.GetElapsedTime(0)));

    private long Counted() => DiskFileLayer.Host.Read(_state["link.json"], 10_000) is { } bytes
        ? JsonSerializer.Deserialize(bytes, LedgerContext.Default.LedgerDocument)!.Days.Sum(day => day.Bytes) : 0;

    private Task ArrivedAsync(int said) => Eventually.BecomesTrue(
        () => _inbox.Kept.Select(record => (int)((DeviceValue.Number)record.Value!).Value).SequenceEqual(Enumerable.Range(1, said)), Limit, Stop);

    private static DeviceSpec Spec(ReportRule? rule, UpstreamBuffer? buffer = null) => new()
    {
        Protocol = DeviceProtocol.Simulated,
        Connection = new DeviceConnection(),
        UpstreamBuffer = buffer,
        Properties = [new DeviceProperty { Name = "temperature", Type = DeviceValueType.Float64, PollMs = 1_000, Upstream = rule }],
    };

    private static DeviceState State(int value, TimeSpan now) => new()
    {
        Now = now,
        Boot = new BootTime("b", now),
        Link = new DeviceLink.Online(),
        Properties = [new PropertyState("temperature") { Reading = new Reading(new DeviceValue.Number(value), now) }],
    };

    /// <summary>A run of the agent's part for values.</summary>
    private sealed class Running : IAsyncDisposable
    {
        private readonly NodeHttp _http;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _sending;
        private int _asked;

        public Running(UpstreamValuesTests test)
        {
            Values = new UpstreamValues(DiskFileLayer.Host, test._state["values"], test._time) { Note = (problem, _) => Add(problem) };
            _http = new NodeHttp(new NodeHttpOptions(new Uri($"http://127.0.0.1:{test._proxy.Port}")) { Timeout = TimeSpan.FromSeconds(20) }, test._time);
            var ledger = new LinkLedger(DiskFileLayer.Host, test._state["link.json"], LinkPolicy.Free, test._time);
            var uplink = new ValueUplink("fleet-1", _http, Values, () => new Counting(this, ledger.Under(test._link)), test._time, new Random(7), NullLogger.Instance) { Note = Add };
            _sending = uplink.RunAsync(_stop.Token);

            void Add(Problem problem)
            {
                lock (test._noted)
                {
                    test._noted.Add(problem);
                }
            }
        }

        public UpstreamValues Values { get; }

        public Task UntilWrittenAsync() => Eventually.BecomesTrue(() => !Values.HasPending, Limit, Stop);

        public Task UntilHeldAsync() => Eventually.BecomesTrue(() => Volatile.Read(ref _asked) > 0, Limit, Stop);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Values.DisposeAsync();
            _http.Dispose();
            _stop.Dispose();
        }

        private sealed class Counting(Running running, IMeteredLink link) : IMeteredLink
        {
            public LinkVerdict Ask(long bytes)
            {
                var verdict = link.Ask(bytes);
                Interlocked.Add(ref running._asked, verdict is LinkVerdict.Held ? 1 : 0);
                return verdict;
            }

            public void Count(long bytes) => link.Count(bytes);
        }
    }
}
