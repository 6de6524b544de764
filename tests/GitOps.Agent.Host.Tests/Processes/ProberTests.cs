using System.Net;
using System.Net.Sockets;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Workloads;
using GitOps.Bundles.Units;
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
        ], "/", new CommandRunner(TimeProvider.System), TimeProvider.System, () => { });
        await Eventually.BecomesTrue(
            () => prober.Read() is ProbeReading.Pending(var message) && message == "probe 'never' has not succeeded yet: /bin/false exits with 1", Limit, Cancel);
    }

    private static Prober Prober(Probe probe, Action? changed = null) =>
        new([probe with { PeriodMs = 20 }], "/", new CommandRunner(TimeProvider.System), TimeProvider.System, changed ?? (() => { }));

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
