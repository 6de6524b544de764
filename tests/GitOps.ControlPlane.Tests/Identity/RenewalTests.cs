using System.Net;
using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles;
using GitOps.Bundles.Enrolment;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Tests.Distribution;
using GitOps.Platform.Age;
using GitOps.Platform.Tls;

namespace GitOps.ControlPlane.Tests.Identity;

/// <summary>Certificates of nodes in time: renewed, ended, withdrawn, copied.</summary>
public sealed class RenewalTests : IAsyncLifetime
{
    private readonly EnrolmentStand _stand = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => new(_stand.StartAsync(Token));

    public ValueTask DisposeAsync() => _stand.DisposeAsync();

    [Fact]
    public async Task Without_a_database_certificates_stay_good_and_are_renewed()
    {
        using var key = EnrolmentStand.Key();
        using var certificate = await _stand.AdmitAsync(key, await _stand.TokenAsync("press-1", Token), Token);
        using var identity = certificate.CopyWithPrivateKey(key);
        await _stand.RestartAsync(withoutDatabase: true, Token);

        using var next = EnrolmentStand.Key();
        Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, next, Token)).Status);
        Assert.Empty(_stand.Desk.List());
    }

    [Fact]
    public async Task A_certificate_that_ended_gets_the_next_one_within_the_grace_and_nothing_else()
    {
        using var key = EnrolmentStand.Key();
        using var certificate = await _stand.AdmitAsync(key, await _stand.TokenAsync("press-1", Token), Token);
        using var identity = certificate.CopyWithPrivateKey(key);
        _stand.Time.Advance(EnrolmentStand.Life + EnrolmentStand.Grace - TimeSpan.FromMinutes(1));

        using var node = _stand.Client(identity);
        using var pointer = await node.GetAsync(StorePaths.Pointer(TestReports.Fleet, "press-1"), Token);
        Assert.Equal(HttpStatusCode.Forbidden, pointer.StatusCode);
        using var next = EnrolmentStand.Key();
        var (status, body) = await _stand.RenewAsync(identity, next, Token);
        Assert.Equal(HttpStatusCode.OK, status);
        using var renewed = X509Certificate2.CreateFromPem(EnrolmentJson.TryReadRenewAnswer(body)!.Certificate);
        Assert.Equal(new PeerVerdict.Accepted("press-1", TestReports.Fleet), _stand.Plane.Nodes.Verify(renewed));
        Assert.Empty(_stand.Alarms.All);
    }

    [Fact]
    public async Task A_certificate_past_its_grace_is_refused_on_a_connection_from_before_and_on_a_new_one_not_even_heard()
    {
        using var key = EnrolmentStand.Key();
        using var certificate = await _stand.AdmitAsync(key, await _stand.TokenAsync("press-1", Token), Token);
        using var identity = certificate.CopyWithPrivateKey(key);
        using var node = _stand.Client(identity);
        using (await node.GetAsync("healthz", Token))
        {
            _stand.Time.Advance(EnrolmentStand.Life + EnrolmentStand.Grace + TimeSpan.FromMinutes(1));
        }

        using var next = EnrolmentStand.Key();
        using var content = new ByteArrayContent(EnrolmentJson.Write(new RenewRequest(SigningRequest.Create(next), EnrolmentStand.Recipient)));
        using var answer = await node.PostAsync($"v1/{TestReports.Fleet}/renew", content, Token);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(IdentityCodes.RenewalRefused.Id, HttpProblem.TryRead(await answer.Content.ReadAsByteArrayAsync(Token))!.Code);
        await Assert.ThrowsAsync<HttpRequestException>(() => _stand.RenewAsync(identity, next, Token));
    }

    [Fact]
    public async Task A_revoked_certificate_is_never_renewed()
    {
        using var key = EnrolmentStand.Key();
        using var certificate = await _stand.AdmitAsync(key, await _stand.TokenAsync("press-1", Token), Token);
        using var identity = certificate.CopyWithPrivateKey(key);
        _stand.Plane.Authority.Retire("press-1", Withdrawal.Retired, "it leaves");

        using var next = EnrolmentStand.Key();
        Assert.Equal(HttpStatusCode.Forbidden, (await _stand.RenewAsync(identity, next, Token)).Status);
        _stand.Plane.Authority.Retire("press-1", Withdrawal.Revoked, "it is lost");
        await Assert.ThrowsAsync<HttpRequestException>(() => _stand.RenewAsync(identity, next, Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_machine_that_was_off_when_it_was_removed_or_replaced_does_not_come_back_with_what_it_had(bool isReplaced)
    {
        using var key = EnrolmentStand.Key();
        using var certificate = await _stand.AdmitAsync(key, await _stand.TokenAsync("press-1", Token), Token);
        using var identity = certificate.CopyWithPrivateKey(key);
        _stand.Time.Advance(EnrolmentStand.Life + TimeSpan.FromMinutes(1));
        using var next = EnrolmentStand.Key();
        if (isReplaced)
        {
            using var other = await _stand.AdmitAsync(next, await _stand.TokenAsync("press-1", Token, replaces: true), Token);
        }
        else
        {
            _stand.Authority.Retire("press-1", Withdrawal.Revoked, "it is lost");
        }

        using var asked = EnrolmentStand.Key();
        Assert.Equal(HttpStatusCode.Forbidden, (await _stand.RenewAsync(identity, asked, Token)).Status);
        Assert.Empty(_stand.Alarms.All);
    }

    [Theory]
    [InlineData("removed")]
    [InlineData("replaced")]
    [InlineData("renewed")]
    public async Task A_used_token_brings_nobody_back(string after)
    {
        using var key = EnrolmentStand.Key();
        var token = await _stand.TokenAsync("press-1", Token, replaces: true);
        using var certificate = await _stand.AdmitAsync(key, token, Token);
        using var identity = certificate.CopyWithPrivateKey(key);
        _stand.Time.Advance(TimeSpan.FromSeconds(1));
        using var next = EnrolmentStand.Key();
        switch (after)
        {
            case "removed":
                _stand.Authority.Retire("press-1", Withdrawal.Revoked, "it is lost");
                break;
            case "replaced":
                using (await _stand.AdmitAsync(next, await _stand.TokenAsync("press-1", Token, replaces: true), Token))
                {
                }

                break;
            default:
                Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, next, Token)).Status);
                break;
        }

        var newest = _stand.Authority.NewestOf("press-1");
        Assert.Equal(HttpStatusCode.Forbidden, (await _stand.EnrolAsync(EnrolmentStand.Request(key, token), Token)).Status);
        Assert.Equal(newest, _stand.Authority.NewestOf("press-1"));
        Assert.Equal(after == "removed", _stand.Authority.Withdrawals.IsRemoved("press-1"));
    }

    [Fact]
    public async Task Whoever_has_an_older_certificate_does_not_decide_whom_secrets_are_sealed_to()
    {
        using var key = EnrolmentStand.Key();
        using var certificate = await _stand.AdmitAsync(key, await _stand.TokenAsync("press-1", Token), Token);
        using var identity = certificate.CopyWithPrivateKey(key);
        using var next = EnrolmentStand.Key();
        Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, next, Token)).Status);

        using var stolen = EnrolmentStand.Key();
        var theirs = AgeIdentity.Generate().Recipient.ToString();
        Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, stolen, Token, theirs)).Status);
        Assert.Equal(EnrolmentStand.Recipient, new NodeKeys(_stand.Authority).Look()["press-1"]);
        Assert.Single(_stand.Alarms.All);
    }

    [Fact]
    public async Task A_copied_disk_is_noticed_when_both_renew_and_neither_is_stopped()
    {
        using var key = EnrolmentStand.Key();
        using var certificate = await _stand.AdmitAsync(key, await _stand.TokenAsync("press-1", Token), Token);
        using var identity = certificate.CopyWithPrivateKey(key);
        using var original = EnrolmentStand.Key();
        using var copy = EnrolmentStand.Key();

        Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, original, Token)).Status);
        Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, original, Token)).Status); // its answer was lost
        Assert.Empty(_stand.Alarms.All);
        Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, copy, Token)).Status);

        Assert.Equal("press-1", Assert.Single(_stand.Alarms.All).Node);
        Assert.Contains(_stand.Audit(), entry => entry is { Action: "node.copied", Subject: "press-1" });
        await _stand.RestartAsync(withoutDatabase: false, Token);
        Assert.Single(_stand.Alarms.All);

        using var fresh = EnrolmentStand.Key();
        using var own = await _stand.AdmitAsync(fresh, await _stand.TokenAsync("press-1", Token, replaces: true), Token);
        Assert.Empty(_stand.Alarms.All);
    }
}
