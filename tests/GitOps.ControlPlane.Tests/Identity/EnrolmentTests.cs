using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles;
using GitOps.Bundles.Enrolment;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Tests.Distribution;
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
        using var key = EnrolmentStand.Key();
        var (status, body) = await _stand.EnrolAsync(EnrolmentStand.Request(key, await _stand.TokenAsync("press-1", Token)), Token);

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
        using var key = EnrolmentStand.Key();
        using var other = EnrolmentStand.Key();
        var used = await _stand.TokenAsync("press-1", Token);
        await _stand.EnrolAsync(EnrolmentStand.Request(other, used), Token);
        var revoked = await _stand.TokenAsync("press-2", Token);
        await _stand.Desk.RevokeAsync(_stand.Desk.List().Single(token => token.Node == "press-2").Id, "test", Token);
        var expired = await _stand.TokenAsync("press-3", Token, life: TimeSpan.FromMinutes(1));
        var foreign = await _stand.TokenAsync("press-4", Token);
        _stand.Time.Advance(TimeSpan.FromHours(1));

        var answers = new List<(HttpStatusCode, string)>();
        foreach (var request in new[]
        {
            EnrolmentStand.Request(key, EnrolmentToken.New()), EnrolmentStand.Request(key, used), EnrolmentStand.Request(key, revoked), EnrolmentStand.Request(key, expired), EnrolmentStand.Request(key, "x"),
            EnrolmentStand.Request(key, foreign) with { Node = "press-1" },
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
        using var key = EnrolmentStand.Key();
        var token = await _stand.TokenAsync("press-1", Token);
        using var first = await _stand.AdmitAsync(key, token, Token);

        using var second = await _stand.AdmitAsync(key, token, Token);

        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
        Assert.Null(_stand.Plane.Authority.Withdrawals.Find(first));
        Assert.Single(_stand.Audit(), entry => entry.Action == "node.enroll");
    }

    [Fact]
    public async Task A_token_is_used_once_however_many_ask_at_once()
    {
        var token = await _stand.TokenAsync("press-1", Token);
        var keys = Enumerable.Range(0, 8).Select(_ => EnrolmentStand.Key()).ToList();

        var answers = await Task.WhenAll(keys.Select(key => _stand.EnrolAsync(EnrolmentStand.Request(key, token), Token)));

        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        keys.ForEach(key => key.Dispose());
    }

    [Fact]
    public async Task Another_machine_takes_a_nodes_place_only_with_a_token_that_says_so()
    {
        using var key = EnrolmentStand.Key();
        using var next = EnrolmentStand.Key();
        var early = await _stand.TokenAsync("press-1", Token);
        using var first = await _stand.AdmitAsync(key, await _stand.TokenAsync("press-1", Token), Token);

        Assert.Equal(HttpStatusCode.Conflict, (await _stand.EnrolAsync(EnrolmentStand.Request(next, early), Token)).Status);
        Assert.IsType<TokenAnswer.Refused>(await _stand.Desk.CreateAsync("press-1", EnrolmentToken.DefaultLife, replaces: false, "test", Token));

        using var second = await _stand.AdmitAsync(next, await _stand.TokenAsync("press-1", Token, replaces: true), Token);
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
        using var key = EnrolmentStand.Key();
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
            var request = EnrolmentStand.Request(key, token) with { Csr = csr };
            Assert.Equal(HttpStatusCode.BadRequest, (await _stand.EnrolAsync(request, Token)).Status);
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await _stand.EnrolAsync(EnrolmentStand.Request(key, token) with { SealRecipient = "age1x" }, Token)).Status);
        Assert.Equal(HttpStatusCode.OK, (await _stand.EnrolAsync(EnrolmentStand.Request(key, token), Token)).Status);
    }

    [Fact]
    public async Task The_subject_of_a_request_counts_for_nothing()
    {
        using var key = EnrolmentStand.Key();
        var csr = new CertificateRequest(new X500DistinguishedName("CN=press-2, O=other"), key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var (_, body) = await _stand.EnrolAsync(EnrolmentStand.Request(key, await _stand.TokenAsync("press-1", Token)) with { Csr = csr }, Token);

        using var certificate = X509Certificate2.CreateFromPem(EnrolmentJson.TryReadEnrolAnswer(body)!.Certificate);
        Assert.Equal(new PeerVerdict.Accepted("press-1", TestReports.Fleet), PeerVerifier.Claim(certificate));
    }

    [Fact]
    public async Task Who_is_refused_again_and_again_waits_and_is_told_for_how_long()
    {
        using var key = EnrolmentStand.Key();
        HttpResponseMessage answer;
        var tries = 0;
        while ((answer = await _stand.SendAsync(EnrolmentJson.Write(EnrolmentStand.Request(key, "x")), Token)).StatusCode != HttpStatusCode.TooManyRequests)
        {
            Assert.True(++tries < 100);
            answer.Dispose();
        }

        var wait = answer.Headers.RetryAfter!.Delta!.Value;
        answer.Dispose();
        Assert.InRange(wait, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        _stand.Time.Advance(wait);
        Assert.Equal(HttpStatusCode.Forbidden, (await _stand.EnrolAsync(EnrolmentStand.Request(key, "x"), Token)).Status);
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

    private sealed class LockedKey(ICertificateSigner inside) : ICertificateSigner
    {
        public X509Certificate2 Certificate => inside.Certificate;

        public byte[] Sign(byte[] content) => inside.Sign(content);

        public void Dispose() => inside.Dispose();
    }
}
