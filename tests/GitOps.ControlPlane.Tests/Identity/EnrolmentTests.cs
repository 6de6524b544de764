using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles;
using GitOps.Bundles.Enrolment;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Tests.Distribution;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;

namespace GitOps.ControlPlane.Tests.Identity;

/// <summary>Machines become nodes over real TLS: with a token, then with the certificate it gave them.</summary>
public sealed class EnrolmentTests : IAsyncLifetime
{
    private readonly EnrolmentStand _stand = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => new(_stand.StartAsync(Token));

    public ValueTask DisposeAsync() => _stand.DisposeAsync();

    [Fact]
    public async Task A_machine_with_a_token_becomes_that_node_with_the_key_it_made()
    {
        using var key = Key();
        var (status, body) = await _stand.EnrolAsync(Request(key, await _stand.TokenAsync("press-1", Token)), Token);

        Assert.Equal(HttpStatusCode.OK, status);
        var answer = EnrolmentJson.TryReadEnrolAnswer(body)!;
        Assert.Equal(("press-1", TestReports.Fleet, 1L), (answer.Node, answer.Fleet, answer.GenerationFloor));
        using var certificate = X509Certificate2.CreateFromPem(answer.Certificate);
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), certificate.PublicKey.ExportSubjectPublicKeyInfo());
        using var identity = certificate.CopyWithPrivateKey(key);
        using var node = _stand.Client(identity);
        using var pointer = await node.GetAsync(StorePaths.Pointer(TestReports.Fleet, "press-1"), Token);
        Assert.Equal(HttpStatusCode.OK, pointer.StatusCode);
        using var theirs = await node.GetAsync(StorePaths.Pointer(TestReports.Fleet, "press-2"), Token);
        Assert.Equal(HttpStatusCode.NotFound, theirs.StatusCode);
        Assert.Equal(EnrolmentStand.Recipient, new NodeKeys(_stand.Plane.Authority).Look()["press-1"]);
        Assert.Equal(["node.enroll", "enroll.create"], _stand.Audit().Select(entry => entry.Action));
    }

    [Fact]
    public async Task Whatever_is_the_matter_with_a_token_the_answer_is_the_same()
    {
        using var key = Key();
        using var other = Key();
        var used = await _stand.TokenAsync("press-1", Token);
        await _stand.EnrolAsync(Request(other, used), Token);
        var revoked = await _stand.TokenAsync("press-2", Token);
        await _stand.Desk.RevokeAsync(_stand.Desk.List().Single(token => token.Node == "press-2").Id, "test", Token);
        var expired = await _stand.TokenAsync("press-3", Token, life: TimeSpan.FromMinutes(1));
        var foreign = await _stand.TokenAsync("press-4", Token);
        _stand.Time.Advance(TimeSpan.FromHours(1));

        var answers = new List<(HttpStatusCode, string)>();
        foreach (var request in new[]
        {
            Request(key, EnrolmentToken.New()), Request(key, used), Request(key, revoked), Request(key, expired), Request(key, "x"),
            Request(key, foreign) with { Node = "press-1" },
        })
        {
            var (status, body) = await _stand.EnrolAsync(request, Token);
            answers.Add((status, System.Text.Encoding.UTF8.GetString(body)));
        }

        var (refused, text) = Assert.Single(answers.Distinct());
        Assert.Equal(HttpStatusCode.Forbidden, refused);
        Assert.Contains(IdentityCodes.TokenRefused.Id, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_whose_answer_was_lost_asks_again_and_keeps_what_it_may_have_got()
    {
        using var key = Key();
        var token = await _stand.TokenAsync("press-1", Token);
        using var first = await EnrolAsync(key, token);

        using var second = await EnrolAsync(key, token);

        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
        Assert.Null(_stand.Plane.Authority.Withdrawals.Find(first));
        Assert.Single(_stand.Audit(), entry => entry.Action == "node.enroll");
    }

    [Fact]
    public async Task A_token_is_used_once_however_many_ask_at_once()
    {
        var token = await _stand.TokenAsync("press-1", Token);
        var keys = Enumerable.Range(0, 8).Select(_ => Key()).ToList();

        var answers = await Task.WhenAll(keys.Select(key => _stand.EnrolAsync(Request(key, token), Token)));

        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        keys.ForEach(key => key.Dispose());
    }

    [Fact]
    public async Task Another_machine_takes_a_nodes_place_only_with_a_token_that_says_so()
    {
        using var key = Key();
        using var next = Key();
        var early = await _stand.TokenAsync("press-1", Token);
        using var first = await EnrolAsync(key, await _stand.TokenAsync("press-1", Token));

        Assert.Equal(HttpStatusCode.Conflict, (await _stand.EnrolAsync(Request(next, early), Token)).Status);
        Assert.IsType<TokenAnswer.Refused>(await _stand.Desk.CreateAsync("press-1", EnrolmentToken.DefaultLife, replaces: false, "test", Token));

        using var second = await EnrolAsync(next, await _stand.TokenAsync("press-1", Token, replaces: true));
        Assert.Equal(Withdrawal.Revoked, _stand.Plane.Authority.Withdrawals.Find(first)?.State);
        Assert.Null(_stand.Plane.Authority.Withdrawals.Find(second));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{\"format\":1,\"token\":\"t\",\"csr\":\"-----BEGIN CERTIFICATE REQUEST-----\\nAAAA\\n-----END CERTIFICATE REQUEST-----\",\"sealRecipient\":\"age1\"}")]
    public async Task What_is_no_request_is_said_to_be_none(string body)
    {
        var (status, answer) = await _stand.PostAsync(System.Text.Encoding.UTF8.GetBytes(body), Token);

        Assert.Equal((HttpStatusCode.BadRequest, IdentityCodes.BadRequest.Id), (status, HttpProblem.TryRead(answer)!.Code));
    }

    [Fact]
    public async Task A_key_of_another_kind_a_foreign_signature_and_no_seal_recipient_are_refused()
    {
        var token = await _stand.TokenAsync("press-1", Token);
        using var key = Key();
        using var rsa = RSA.Create(2048);
        using var larger = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var subject = new X500DistinguishedName("CN=press-1");
        var forged = new CertificateRequest(subject, new PublicKey(key), HashAlgorithmName.SHA256)
            .CreateSigningRequestPem(X509SignatureGenerator.CreateForECDsa(larger));
        foreach (var csr in new[]
        {
            new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem(),
            SigningRequest.Create(larger), forged,
        })
        {
            var request = Request(key, token) with { Csr = csr };
            Assert.Equal(HttpStatusCode.BadRequest, (await _stand.EnrolAsync(request, Token)).Status);
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await _stand.EnrolAsync(Request(key, token) with { SealRecipient = "age1x" }, Token)).Status);
        Assert.Equal(HttpStatusCode.OK, (await _stand.EnrolAsync(Request(key, token), Token)).Status);
    }

    [Fact]
    public async Task The_subject_of_a_request_counts_for_nothing()
    {
        using var key = Key();
        var csr = new CertificateRequest(new X500DistinguishedName("CN=press-2, O=other"), key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var (_, body) = await _stand.EnrolAsync(Request(key, await _stand.TokenAsync("press-1", Token)) with { Csr = csr }, Token);

        using var certificate = X509Certificate2.CreateFromPem(EnrolmentJson.TryReadEnrolAnswer(body)!.Certificate);
        Assert.Equal(new PeerVerdict.Accepted("press-1", TestReports.Fleet), PeerVerifier.Claim(certificate));
    }

    [Fact]
    public async Task Who_is_refused_again_and_again_waits_and_is_told_for_how_long()
    {
        using var key = Key();
        HttpResponseMessage answer;
        var tries = 0;
        while ((answer = await _stand.SendAsync(EnrolmentJson.Write(Request(key, "x")), Token)).StatusCode != HttpStatusCode.TooManyRequests)
        {
            Assert.True(++tries < 100);
            answer.Dispose();
        }

        var wait = answer.Headers.RetryAfter!.Delta!.Value;
        answer.Dispose();
        Assert.InRange(wait, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        _stand.Time.Advance(wait);
        Assert.Equal(HttpStatusCode.Forbidden, (await _stand.EnrolAsync(Request(key, "x"), Token)).Status);
    }

    [Fact]
    public async Task Without_a_database_certificates_stay_good_and_are_renewed()
    {
        using var key = Key();
        using var certificate = await EnrolAsync(key, await _stand.TokenAsync("press-1", Token));
        using var identity = certificate.CopyWithPrivateKey(key);
        await _stand.RestartAsync(withoutDatabase: true, Token);

        using var next = Key();
        Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, next, Token)).Status);
        Assert.Empty(_stand.Desk.List());
    }

    [Fact]
    public async Task A_certificate_that_ended_gets_the_next_one_within_the_grace_and_nothing_else()
    {
        using var key = Key();
        using var certificate = await EnrolAsync(key, await _stand.TokenAsync("press-1", Token));
        using var identity = certificate.CopyWithPrivateKey(key);
        _stand.Time.Advance(EnrolmentStand.Life + EnrolmentStand.Grace - TimeSpan.FromMinutes(1));

        using var node = _stand.Client(identity);
        using var pointer = await node.GetAsync(StorePaths.Pointer(TestReports.Fleet, "press-1"), Token);
        Assert.Equal(HttpStatusCode.Forbidden, pointer.StatusCode);
        using var next = Key();
        var (status, body) = await _stand.RenewAsync(identity, next, Token);
        Assert.Equal(HttpStatusCode.OK, status);
        using var renewed = X509Certificate2.CreateFromPem(EnrolmentJson.TryReadRenewAnswer(body)!.Certificate);
        Assert.Equal(new PeerVerdict.Accepted("press-1", TestReports.Fleet), _stand.Plane.Nodes.Verify(renewed));
        Assert.Empty(_stand.Alarms.All);
    }

    [Fact]
    public async Task A_certificate_past_its_grace_is_refused_on_a_connection_from_before_and_on_a_new_one_not_even_heard()
    {
        using var key = Key();
        using var certificate = await EnrolAsync(key, await _stand.TokenAsync("press-1", Token));
        using var identity = certificate.CopyWithPrivateKey(key);
        using var node = _stand.Client(identity);
        using (await node.GetAsync("healthz", Token))
        {
            _stand.Time.Advance(EnrolmentStand.Life + EnrolmentStand.Grace + TimeSpan.FromMinutes(1));
        }

        using var next = Key();
        using var content = new ByteArrayContent(EnrolmentJson.Write(new RenewRequest(SigningRequest.Create(next), EnrolmentStand.Recipient)));
        using var answer = await node.PostAsync($"v1/{TestReports.Fleet}/renew", content, Token);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(IdentityCodes.RenewalRefused.Id, HttpProblem.TryRead(await answer.Content.ReadAsByteArrayAsync(Token))!.Code);
        await Assert.ThrowsAsync<HttpRequestException>(() => _stand.RenewAsync(identity, next, Token));
    }

    [Fact]
    public async Task A_revoked_certificate_is_never_renewed()
    {
        using var key = Key();
        using var certificate = await EnrolAsync(key, await _stand.TokenAsync("press-1", Token));
        using var identity = certificate.CopyWithPrivateKey(key);
        _stand.Plane.Authority.Retire("press-1", Withdrawal.Retired, "it leaves");

        using var next = Key();
        Assert.Equal(HttpStatusCode.Forbidden, (await _stand.RenewAsync(identity, next, Token)).Status);
        _stand.Plane.Authority.Retire("press-1", Withdrawal.Revoked, "it is lost");
        await Assert.ThrowsAsync<HttpRequestException>(() => _stand.RenewAsync(identity, next, Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_machine_that_was_off_when_it_was_removed_or_replaced_does_not_come_back_with_what_it_had(bool isReplaced)
    {
        using var key = Key();
        using var certificate = await EnrolAsync(key, await _stand.TokenAsync("press-1", Token));
        using var identity = certificate.CopyWithPrivateKey(key);
        _stand.Time.Advance(EnrolmentStand.Life + TimeSpan.FromMinutes(1));
        using var next = Key();
        if (isReplaced)
        {
            using var other = await EnrolAsync(next, await _stand.TokenAsync("press-1", Token, replaces: true));
        }
        else
        {
            _stand.Authority.Retire("press-1", Withdrawal.Revoked, "it is lost");
        }

        using var asked = Key();
        Assert.Equal(HttpStatusCode.Forbidden, (await _stand.RenewAsync(identity, asked, Token)).Status);
        Assert.Empty(_stand.Alarms.All);
    }

    [Theory]
    [InlineData("removed")]
    [InlineData("replaced")]
    [InlineData("renewed")]
    public async Task A_used_token_brings_nobody_back(string after)
    {
        using var key = Key();
        var token = await _stand.TokenAsync("press-1", Token, replaces: true);
        using var certificate = await EnrolAsync(key, token);
        using var identity = certificate.CopyWithPrivateKey(key);
        _stand.Time.Advance(TimeSpan.FromSeconds(1));
        using var next = Key();
        switch (after)
        {
            case "removed":
                _stand.Authority.Retire("press-1", Withdrawal.Revoked, "it is lost");
                break;
            case "replaced":
                using (await EnrolAsync(next, await _stand.TokenAsync("press-1", Token, replaces: true)))
                {
                }

                break;
            default:
                Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, next, Token)).Status);
                break;
        }

        var newest = _stand.Authority.NewestOf("press-1");
        Assert.Equal(HttpStatusCode.Forbidden, (await _stand.EnrolAsync(Request(key, token), Token)).Status);
        Assert.Equal(newest, _stand.Authority.NewestOf("press-1"));
        Assert.Equal(after == "removed", _stand.Authority.Withdrawals.IsRemoved("press-1"));
    }

    [Fact]
    public async Task Whoever_has_an_older_certificate_does_not_decide_whom_secrets_are_sealed_to()
    {
        using var key = Key();
        using var certificate = await EnrolAsync(key, await _stand.TokenAsync("press-1", Token));
        using var identity = certificate.CopyWithPrivateKey(key);
        using var next = Key();
        Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, next, Token)).Status);

        using var stolen = Key();
        var theirs = AgeIdentity.Generate().Recipient.ToString();
        Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, stolen, Token, theirs)).Status);
        Assert.Equal(EnrolmentStand.Recipient, new NodeKeys(_stand.Authority).Look()["press-1"]);
        Assert.Single(_stand.Alarms.All);
    }

    [Fact]
    public async Task A_copied_disk_is_noticed_when_both_renew_and_neither_is_stopped()
    {
        using var key = Key();
        using var certificate = await EnrolAsync(key, await _stand.TokenAsync("press-1", Token));
        using var identity = certificate.CopyWithPrivateKey(key);
        using var original = Key();
        using var copy = Key();

        Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, original, Token)).Status);
        Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, original, Token)).Status); // its answer was lost
        Assert.Empty(_stand.Alarms.All);
        Assert.Equal(HttpStatusCode.OK, (await _stand.RenewAsync(identity, copy, Token)).Status);

        Assert.Equal("press-1", Assert.Single(_stand.Alarms.All).Node);
        Assert.Contains(_stand.Audit(), entry => entry is { Action: "node.copied", Subject: "press-1" });
        await _stand.RestartAsync(withoutDatabase: false, Token);
        Assert.Single(_stand.Alarms.All);

        using var fresh = Key();
        using var own = await EnrolAsync(fresh, await _stand.TokenAsync("press-1", Token, replaces: true));
        Assert.Empty(_stand.Alarms.All);
    }

    [Fact]
    public void The_authoritys_key_may_lie_where_nobody_reads_it()
    {
        using var authority = CertificateAuthority.Open(
            new LockedKey(KeyFileSigner.OpenOrCreate(DiskFileLayer.Host, _stand.Plane.Directory["hsm"], "hsm", TimeSpan.FromDays(1), TimeProvider.System)),
            DiskFileLayer.Host, _stand.Plane.Directory["hsm"], TimeProvider.System);

        using var node = authority.IssueNode("press-1", "fleet", TimeSpan.FromHours(1)).ToIdentity();
        var verifier = new PeerVerifier([authority.Certificate], PeerRole.Client, TimeProvider.System.GetUtcNow);
        Assert.IsType<PeerVerdict.Accepted>(verifier.Verify(node));
        Assert.Contains("X509 CRL", authority.RevocationListPem([]), StringComparison.Ordinal);
    }

    [Fact]
    public void Beyond_its_bound_addresses_share_one_allowance_and_those_that_waited_long_enough_make_room()
    {
        var gate = new EnrolmentGate();
        var now = _stand.Time.GetUtcNow();
        for (var i = 0; i < 10_000; i++)
        {
            Refuse(Address(i), now, times: 3);
        }

        // Full: whoever comes now is counted together, whatever address it has.
        Refuse(Address(10_001), now, times: 12);
        Refuse(Address(10_002), now, times: 12);
        Assert.NotNull(gate.Enter(Address(10_003), now));
        Assert.Null(gate.Enter(Address(1), now)); // one that is known has its own

        // A minute later those before are forgotten, and a newcomer has an allowance of its own again.
        now += TimeSpan.FromMinutes(1);
        Refuse(Address(10_004), now, times: 25);
        Assert.NotNull(gate.Enter(Address(10_004), now));
        Assert.Null(gate.Enter(Address(10_005), now));

        void Refuse(IPAddress from, DateTimeOffset at, int times)
        {
            for (var i = 0; i < times; i++)
            {
                gate.Refused(from, at);
            }
        }

        static IPAddress Address(int i) => new([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]);
    }

    private static ECDsa Key() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static EnrolRequest Request(ECDsa key, string token) => new(token, SigningRequest.Create(key), EnrolmentStand.Recipient);

    private async Task<X509Certificate2> EnrolAsync(ECDsa key, string token)
    {
        var (status, body) = await _stand.EnrolAsync(Request(key, token), Token);
        Assert.Equal(HttpStatusCode.OK, status);
        return X509Certificate2.CreateFromPem(EnrolmentJson.TryReadEnrolAnswer(body)!.Certificate);
    }

    private sealed class LockedKey(ICertificateSigner inside) : ICertificateSigner
    {
        public X509Certificate2 Certificate => inside.Certificate;

        public byte[] Sign(byte[] content) => inside.Sign(content);

        public void Dispose() => inside.Dispose();
    }
}
