using System.Net;
using System.Net.Sockets;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace GitOps.Agent.Host.Tests.Processes;

/// <summary>Probes against real sockets.</summary>
public sealed class ProberTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_http_probe_passes_with_the_status_it_expects_and_fails_with_another()
    {
        var status = 503;
        await using var server = await ServeAsync(() => status);
        var url = $"{server.Urls.First()}/health";
        var told = 0;
        await using var prober = Prober(new Probe("http") { Http = new HttpProbe(url), FailureThreshold = 2 }, () => Interlocked.Increment(ref told));
        await Eventually.BecomesTrue(() => prober.Read() is ProbeReading.Failing, Limit, Cancel);
        Assert.Equal($"probe 'http' failed 2 times in a row: {url} answers 503, expected is 200", ((ProbeReading.Failing)prober.Read()).Message);

        Volatile.Write(ref status, 200);
        await Eventually.BecomesTrue(() => prober.Read() is ProbeReading.Passing, Limit, Cancel);
        Assert.True(Volatile.Read(ref told) >= 2, "the loop is told of each change");
    }

    [Fact]
    public async Task An_http_probe_may_expect_another_status_and_follows_no_redirect()
    {
        await using var server = await ServeAsync(() => 302);
        await using var prober = Prober(new Probe("http") { Http = new HttpProbe(server.Urls.First()) { Status = 302 } });
        await Eventually.BecomesTrue(() => prober.Read() is ProbeReading.Passing, Limit, Cancel);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_fails_an_http_probe_in_time()
    {
        using var silent = Listen();
        await using var prober = Prober(new Probe("http") { Http = new HttpProbe($"http://{silent.LocalEndpoint}/"), TimeoutMs = 50, FailureThreshold = 1 });
        await Eventually.BecomesTrue(() => prober.Read() is ProbeReading.Failing, Limit, Cancel);
        Assert.Equal("probe 'http' failed 1 times in a row: no answer within 50 ms", ((ProbeReading.Failing)prober.Read()).Message);
    }

    [Fact]
    public async Task A_tcp_probe_passes_while_something_listens_and_fails_when_it_is_gone()
    {
        var server = Listen();
        var port = ((IPEndPoint)server.LocalEndpoint).Port;
        await using var prober = Prober(new Probe("tcp") { Tcp = new TcpProbe("127.0.0.1", port), FailureThreshold = 1 });
        await Eventually.BecomesTrue(() => prober.Read() is ProbeReading.Passing, Limit, Cancel);

        server.Dispose();
        await Eventually.BecomesTrue(() => prober.Read() is ProbeReading.Failing, Limit, Cancel);
        Assert.Contains($"127.0.0.1:{port}", ((ProbeReading.Failing)prober.Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_is_not_well_before_every_probe_has_succeeded_once()
    {
        using var server = Listen();
        await using var prober = new Prober(
        [
            new Probe("up") { Tcp = new TcpProbe("127.0.0.1", ((IPEndPoint)server.LocalEndpoint).Port), PeriodMs = 20 },
            new Probe("never") { Exec = new ExecProbe(["/bin/false"]), PeriodMs = 20, FailureThreshold = int.MaxValue, TimeoutMs = 10_000 },
        ], "/", World(), new CommandRunner(TimeProvider.System), TimeProvider.System, () => { });
        await Eventually.BecomesTrue(
            () => prober.Read() is ProbeReading.Pending(var message) && message == "probe 'never' has not succeeded yet: /bin/false exits with 1", Limit, Cancel);
    }

    [Fact]
    public async Task A_log_probe_passes_once_this_run_has_written_the_line_also_when_the_log_was_rotated_since()
    {
        using var folder = new TempDirectory();
        var path = folder["log"];
        await File.WriteAllTextAsync(path, "ready, said the run before\n", Cancel);
        var mark = new LogMark(DiskFileLayer.Host.Stat(path)!.Inode, new FileInfo(path).Length);
        await using var prober = Prober(new Probe("log") { Log = new LogProbe("ready"), FailureThreshold = 1 }, world: World(new LogSearch(path, mark)));
        await Eventually.BecomesTrue(() => prober.Read() is ProbeReading.Failing, Limit, Cancel);
        Assert.Equal("probe 'log' failed 1 times in a row: no line of its log has 'ready' yet", ((ProbeReading.Failing)prober.Read()).Message);

        // The line lies across two looks and in the older of two files.
        await File.AppendAllTextAsync(path, "now it is rea", Cancel);
        await Task.Yield();
        await File.AppendAllTextAsync(path, "dy\n", Cancel);
        File.Move(path, $"{path}.1");
        await File.WriteAllTextAsync(path, "and more\n", Cancel);
        await Eventually.BecomesTrue(() => prober.Read() is ProbeReading.Passing, Limit, Cancel);
    }

    [Fact]
    public async Task A_clock_probe_passes_while_the_error_of_the_clock_is_known_and_small()
    {
        var clock = new Reporting();
        await using var prober = Prober(new Probe("clock") { Clock = new ClockProbe(50), FailureThreshold = 1 }, world: World(clock));
        await Eventually.BecomesTrue(() => prober.Read() is ProbeReading.Failing, Limit, Cancel);
        clock.Clock = new ClockReport { Managed = true, Synchronised = true, ErrorBoundMs = 3 };
        await Eventually.BecomesTrue(() => prober.Read() is ProbeReading.Passing, Limit, Cancel);
        clock.Clock = clock.Clock with { ErrorBoundMs = 80 };
        await Eventually.BecomesTrue(() => prober.Read() is ProbeReading.Failing { Message: var m } && m.EndsWith("may be 80 ms, the bound is 50 ms", StringComparison.Ordinal), Limit, Cancel);
    }

    [Theory]
    [InlineData("70.5", null, null, true)]
    [InlineData("70", null, null, false)]
    [InlineData(null, "70", "71", true)]
    [InlineData(null, "71", null, false)]
    [InlineData(null, null, "70", false)]
    public async Task A_device_probe_compares_what_the_device_says(string? equalTo, string? minimum, string? maximum, bool passes)
    {
        var device = new Reporting
        {
            Device = new DeviceReport("plc", Online: true) { Properties = [new PropertyReport("speed") { Reported = new DeviceValue.Number(70.5m) }] },
        };
        var probe = new DeviceProbe("plc", "speed") { EqualTo = equalTo, Minimum = Number(minimum), Maximum = Number(maximum) };
        await using var prober = Prober(new Probe("device") { Device = probe, FailureThreshold = 1 }, world: World(device));
        await Eventually.BecomesTrue(() => prober.Read() is (ProbeReading.Passing or ProbeReading.Failing) and var seen && seen is ProbeReading.Passing == passes, Limit, Cancel);
    }

    [Fact]
    public async Task A_device_that_is_not_there_or_not_read_fails_its_probe_by_name()
    {
        var device = new Reporting();
        await using var prober = Prober(new Probe("device") { Device = new DeviceProbe("plc", "speed") { Minimum = 1 }, FailureThreshold = 1 }, world: World(device));
        await Eventually.BecomesTrue(() => Message().EndsWith("there is no device 'plc' on this node", StringComparison.Ordinal), Limit, Cancel);
        device.Device = new DeviceReport("plc", Online: false) { Properties = [new PropertyReport("speed") { Quality = ValueQuality.Stale }] };
        await Eventually.BecomesTrue(() => Message().EndsWith("plc/speed is not read: no value yet", StringComparison.Ordinal), Limit, Cancel);

        string Message() => prober.Read() is ProbeReading.Failing { Message: var message } ? message : "";
    }

    private static decimal? Number(string? text) => text is null ? null : decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static ProbeWorld World(params IReportingDriver[] drivers) => new(new LogSearch("/nowhere", null), drivers);

    private static ProbeWorld World(LogSearch log) => new(log, []);

    private sealed class Reporting : IReportingDriver
    {
        public ClockReport? Clock { get; set; }

        public DeviceReport? Device { get; set; }

        public NodeReport Contribute(NodeReport report) =>
            report with { Clock = Clock, Devices = Device is { } device ? [device] : [] };
    }

    private static Prober Prober(Probe probe, Action? changed = null, ProbeWorld? world = null) =>
        new([probe with { PeriodMs = 20 }], "/", world ?? World(), new CommandRunner(TimeProvider.System), TimeProvider.System, changed ?? (() => { }));

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static async Task<WebApplication> ServeAsync(Func<int> status)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var server = builder.Build();
        server.Run(context =>
        {
            context.Response.StatusCode = status();
            context.Response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        });
        await server.StartAsync(Cancel);
        return server;
    }
}
