using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles.Enrolment;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Registrations;
using GitOps.ControlPlane.Tests.Distribution;
using GitOps.ControlPlane.Tests.Identity;
using GitOps.Manifests.Registrations;
using GitOps.Platform.Tls;
using GitOps.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitOps.ControlPlane.Tests.Registrations;

/// <summary>Objects of a cluster let machines in, and are told what became of them.</summary>
public sealed class RegistrationWatchTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly EnrolmentStand _stand = new();
    private readonly CancellationTokenSource _stop = new();
    private ApiServer _server = null!;
    private RegistrationClient _client = null!;
    private RegistrationWatch _watch = null!;
    private Task _running = Task.CompletedTask;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _stand.StartAsync(Cancellation);
        _server = await ApiServer.StartAsync(Cancellation);
        _client = new RegistrationClient(_server.Configuration, ApiServer.Namespace);
        _watch = new RegistrationWatch(
            _client, ApiServer.Namespace, TestReports.Fleet, new EnrolmentTokens(_stand.Plane.Database, TimeProvider.System), _stand.Plane.Authority,
            TimeProvider.System, Random.Shared, NullLogger<RegistrationWatch>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _client.Dispose();
        await _server.DisposeAsync();
        await _stand.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_machine_enrols_with_the_token_of_an_object_which_is_told()
    {
        var token = EnrolmentToken.New();
        _server.Put("press-1", EnrolmentText.HashOf(token), TestReports.Fleet);
        foreach (var other in new[] { "press-2", "press-3", "press-4", "press-5" })
        {
            _server.Put(other, EnrolmentText.HashOf(other), TestReports.Fleet);
        }

        Run();
        await IsToldAsync("press-1", EdgeRegistrationStatus.Enrolled, "False", "Waiting");
        await IsToldAsync("press-5", EdgeRegistrationStatus.CertificateValid, "False", "NoCertificate");

        Assert.Equal(HttpStatusCode.OK, await EnrolAsync(token));
        _watch.Look();
        await IsToldAsync("press-1", EdgeRegistrationStatus.Enrolled, "True", "TokenUsed");
        await IsToldAsync("press-1", EdgeRegistrationStatus.CertificateValid, "True", "Valid");

        // Nothing is written while nothing changes. What was under way for press-1 is over once a later object was told.
        _server.Put("press-6", EnrolmentText.HashOf("press-6"), TestReports.Fleet);
        await IsToldAsync("press-6", EdgeRegistrationStatus.Enrolled, "False", "Waiting");
        var patches = _server.Patches;
        _server.Put("press-7", EnrolmentText.HashOf("press-7"), TestReports.Fleet);
        await IsToldAsync("press-7", EdgeRegistrationStatus.Enrolled, "False", "Waiting");
        Assert.Equal(patches + 1, _server.Patches);
    }

    [Fact]
    public async Task What_is_changed_suspended_or_deleted_while_it_is_watched_counts_at_once()
    {
        var (first, second) = (EnrolmentToken.New(), EnrolmentToken.New());
        _server.Put("press-1", EnrolmentText.HashOf(first), TestReports.Fleet);
        Run();
        await IsToldAsync("press-1", EdgeRegistrationStatus.Enrolled, "False", "Waiting");

        _server.Put("press-1", EnrolmentText.HashOf(first), TestReports.Fleet, suspended: true);
        await IsToldAsync("press-1", EdgeRegistrationStatus.Enrolled, "False", "Suspended");
        Assert.True(_watch.IsSuspended("press-1") is true);
        Assert.Equal(HttpStatusCode.Forbidden, await EnrolAsync(first));

        _server.Put("press-1", EnrolmentText.HashOf(second), TestReports.Fleet);
        await IsToldAsync("press-1", EdgeRegistrationStatus.Enrolled, "False", "Waiting");
        Assert.Equal(HttpStatusCode.Forbidden, await EnrolAsync(first));

        _server.Delete("press-1");
        await Eventually.BecomesTrue(() => Open().Count == 0, Limit, Cancellation, "the token of the deleted object is void");
        Assert.Equal(HttpStatusCode.Forbidden, await EnrolAsync(second));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_watch_that_breaks_goes_on_and_one_whose_history_is_gone_begins_anew(bool forgets)
    {
        _server.Put("press-1", EnrolmentText.HashOf("a"), TestReports.Fleet);
        Run();
        await IsToldAsync("press-1", EdgeRegistrationStatus.Enrolled, "False", "Waiting");
        await Eventually.BecomesTrue(() => _server.Watches == 1, Limit, Cancellation, "it watches");
        var lists = _server.Lists;

        _server.Drop(forgets);
        _server.Put("press-2", EnrolmentText.HashOf("b"), TestReports.Fleet);
        await IsToldAsync("press-2", EdgeRegistrationStatus.Enrolled, "False", "Waiting");

        Assert.Equal(forgets, _server.Lists > lists);
    }

    [Fact]
    public async Task While_the_server_is_away_tokens_stay_good_and_what_went_meanwhile_is_noticed()
    {
        var token = EnrolmentToken.New();
        _server.Put("press-1", EnrolmentText.HashOf(token), TestReports.Fleet);
        _server.Put("press-2", EnrolmentText.HashOf("b"), TestReports.Fleet);
        Run();
        await IsToldAsync("press-2", EdgeRegistrationStatus.Enrolled, "False", "Waiting");

        _server.IsBroken = true;
        _server.Drop(forgets: true);
        _server.Delete("press-2");
        Assert.Equal(HttpStatusCode.OK, await EnrolAsync(token));

        _server.IsBroken = false;
        await IsToldAsync("press-1", EdgeRegistrationStatus.Enrolled, "True", "TokenUsed");
        await Eventually.BecomesTrue(() => Open().Count == 0, Limit, Cancellation, "the token of what went is void");
    }

    [Fact]
    public async Task An_object_of_another_fleet_or_past_its_time_lets_nobody_in_and_says_why()
    {
        var (foreign, late) = (EnrolmentToken.New(), EnrolmentToken.New());
        _server.Put("press-1", EnrolmentText.HashOf(foreign), "another-fleet");
        _server.Put("press-2", EnrolmentText.HashOf(late), TestReports.Fleet, expires: "2020-01-01T00:00:00Z");
        Run();

        await IsToldAsync("press-1", EdgeRegistrationStatus.Enrolled, "False", "OtherFleet");
        await IsToldAsync("press-2", EdgeRegistrationStatus.Enrolled, "False", "TokenExpired");
        Assert.Equal(HttpStatusCode.Forbidden, await EnrolAsync(foreign));
        Assert.Equal(HttpStatusCode.Forbidden, await EnrolAsync(late));
    }

    [Fact]
    public async Task A_token_without_an_end_is_good_for_90_days_of_its_object()
    {
        var now = TimeProvider.System.GetUtcNow();
        _server.Put("press-1", EnrolmentText.HashOf("a"), TestReports.Fleet, created: now.AddDays(-91));
        _server.Put("press-2", EnrolmentText.HashOf("b"), TestReports.Fleet, created: now.AddDays(-89));
        _server.Put("press-3", EnrolmentText.HashOf("c"), TestReports.Fleet, created: now.AddDays(-91), expires: "2999-01-01T00:00:00Z");
        Run();

        await IsToldAsync("press-1", EdgeRegistrationStatus.Enrolled, "False", "TokenExpired");
        await IsToldAsync("press-2", EdgeRegistrationStatus.Enrolled, "False", "Waiting");
        await IsToldAsync("press-3", EdgeRegistrationStatus.Enrolled, "False", "Waiting");
    }

    [Fact]
    public async Task Nobody_renews_until_it_is_known_who_is_suspended()
    {
        _stand.IsSuspended = node => _watch.IsSuspended(node);
        _server.Put("press-1", EnrolmentText.HashOf("a"), TestReports.Fleet, suspended: true);
        _server.IsBroken = true;
        using var identity = _stand.Plane.Identity("press-1");
        using var other = _stand.Plane.Identity("press-2");
        Run();
        await Eventually.BecomesTrue(() => _server.Refusals > 0, Limit, Cancellation, "the registrations were asked for");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await RenewAsync(identity));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await RenewAsync(other));

        _server.IsBroken = false;
        await Eventually.BecomesTrue(() => _watch.IsSuspended("press-1") is true, Limit, Cancellation, "the registrations are listed");
        Assert.Equal(HttpStatusCode.Forbidden, await RenewAsync(identity));
        Assert.Equal(HttpStatusCode.OK, await RenewAsync(other));

        // What was known goes on while the server is away.
        _server.IsBroken = true;
        _server.Drop(forgets: true);
        Assert.Equal(HttpStatusCode.Forbidden, await RenewAsync(identity));
    }

    private async Task<HttpStatusCode> RenewAsync(X509Certificate2 identity)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (await _stand.RenewAsync(identity, key, Cancellation)).Status;
    }

    private void Run() => _running = _watch.RunAsync(_stop.Token);

    private List<EnrolmentToken> Open() => _stand.Desk.List().Where(token => token.StateAt(TimeProvider.System.GetUtcNow()) == "open").ToList();

    private Task IsToldAsync(string name, string type, string status, string reason) => Eventually.BecomesTrue(
        () => _server.Condition(name, type) == (status, reason), Limit, Cancellation, $"{name} says {type} {status} {reason}, it says {_server.Condition(name, type)}");

    private async Task<HttpStatusCode> EnrolAsync(string token)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (await _stand.EnrolAsync(new EnrolRequest(token, SigningRequest.Create(key), EnrolmentStand.Recipient), Cancellation)).Status;
    }
}
