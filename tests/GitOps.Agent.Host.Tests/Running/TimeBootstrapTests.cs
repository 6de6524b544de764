using System.Security.Cryptography.X509Certificates;
using GitOps.Agent.Host.Transport;
using GitOps.Bundles.Publications;
using GitOps.Platform.Files;
using GitOps.Platform.Http;
using GitOps.Platform.Tls;
using GitOps.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.Agent.Host.Tests.Running;

/// <summary>A node whose clock is decades off finds a server whose certificate it could not judge; nobody else can tell it the time.</summary>
public sealed class TimeBootstrapTests : IAsyncLifetime
{
    private readonly TempDirectory _folder = new();
    private TestControlPlane _plane = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        _plane = await TestControlPlane.StartAsync();
        _plane.WriteIdentity(_folder.Path, _folder["state"], [], 1000, []);
    }

    public async ValueTask DisposeAsync()
    {
        await _plane.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1970, -30)] // the certificate was replaced while the node was off: it is not yet good at the latest moment the node knows of
    [InlineData(2046, 0)] // every certificate has ended long ago
    [InlineData(2026, 4000)] // the control plane once said that it was years later
    public async Task A_wrong_clock_is_found_out_and_the_server_is_judged_again(int year, int floorDays)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var clock = new TlsClock(time, Now.AddDays(floorDays));
        await using var bootstrap = Bootstrap(clock);
        var corrected = new TaskCompletionSource<DateTimeOffset>();
        bootstrap.Corrected = corrected.SetResult;
        using var http = Http(new PeerVerifier(Authorities, PeerRole.Server, () => clock.Now) { RefusedByTime = bootstrap.Want });

        Assert.Contains("is not who it should be", Assert.IsType<HttpAnswer.Unreachable>(await http.GetAsync("/x", null, Token)).Because, StringComparison.Ordinal);
        var told = await corrected.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.InRange(told, Now.AddHours(-1), Now);
        Assert.Equal(told, clock.Now);
        Assert.IsType<HttpAnswer.NotFound>(await http.GetAsync("/x", null, Token));

        time.Advance(TimeSpan.FromMinutes(5));
        time.SetUtcNow(time.GetUtcNow().AddYears(1)); // whatever the clock does then
        Assert.True(clock.Now >= told.AddMinutes(5));
    }

    [Fact]
    public async Task Keys_that_were_rotated_while_the_node_was_off_are_followed_first()
    {
        _plane.Rotate();
        await using var bootstrap = Bootstrap(new TlsClock(TimeProvider.System, Now));
        Assert.NotNull(await bootstrap.AskAsync(Token));
    }

    [Fact]
    public async Task An_answer_that_was_kept_from_before_counts_for_nothing()
    {
        var kept = _plane.SignTime(new string('a', TimeStatement.NonceLength), Now.AddYears(-1));
        _plane.TellTime = _ => kept;
        await using var bootstrap = Bootstrap(new TlsClock(TimeProvider.System, Now));
        Assert.Null(await bootstrap.AskAsync(Token));
    }

    [Fact]
    public async Task An_answer_of_another_key_counts_for_nothing()
    {
        await using var other = await TestControlPlane.StartAsync();
        _plane.TellTime = nonce => other.SignTime(nonce, Now);
        await using var bootstrap = Bootstrap(new TlsClock(TimeProvider.System, Now));
        Assert.Null(await bootstrap.AskAsync(Token));
    }

    [Fact]
    public async Task A_server_whose_certificate_has_ended_by_the_time_that_is_told_stays_refused()
    {
        _plane.TellTime = nonce => _plane.SignTime(nonce, Now.AddDays(2));
        var clock = new TlsClock(TimeProvider.System, Now.AddDays(30));
        await using var bootstrap = Bootstrap(clock);
        var corrected = new TaskCompletionSource<DateTimeOffset>();
        bootstrap.Corrected = now => corrected.TrySetResult(now);
        using var http = Http(new PeerVerifier(Authorities, PeerRole.Server, () => clock.Now) { RefusedByTime = bootstrap.Want });
        Assert.IsType<HttpAnswer.Unreachable>(await http.GetAsync("/x", null, Token));
        await corrected.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Contains("is not who it should be", Assert.IsType<HttpAnswer.Unreachable>(await http.GetAsync("/x", null, Token)).Because, StringComparison.Ordinal);
    }

    private IReadOnlyList<X509Certificate2> Authorities =>
        CertificateFiles.LoadAuthorities(DiskFileLayer.Host, _folder["ca.crt"]);

    private Uri Server => new($"https://localhost:{_plane.Port}");

    private TimeBootstrap Bootstrap(TlsClock clock)
    {
        var root = Assert.IsType<RootReading.Trusted>(RootStatement.ReadFirst(File.ReadAllBytes(_folder["root.json"]))).Root;
        return new TimeBootstrap(Server, Identity(), () => Authorities, TestControlPlane.Fleet, () => root, clock, TimeProvider.System);
    }

    private NodeHttp Http(PeerVerifier verifier) =>
        new(new NodeHttpOptions(Server) { Identity = Identity(), Verifier = verifier }, TimeProvider.System);

    private X509Certificate2 Identity() =>
        CertificateFiles.LoadIdentity(DiskFileLayer.Host, _folder["node.crt"], _folder["node.key"]);
}
