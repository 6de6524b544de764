using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;
using GitOps.TestKit.Files;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.Platform.Tests.Tls;

public sealed class TlsTests
{
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private readonly MemoryFileLayer _layer = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 9, 0, 0, TimeSpan.Zero));

    private CertificateAuthority Authority(string folder = "/ca") =>
        CertificateAuthority.OpenOrCreate(_layer, folder, "the fleet's authority", 10 * Year, _time);

    private PeerVerifier Verifier(PeerRole role, params CertificateAuthority[] authorities) =>
        new([.. authorities.Select(a => X509CertificateLoader.LoadCertificate(a.Certificate.RawData))], role, _time.GetUtcNow);

    [Fact]
    public void A_node_is_known_by_the_name_and_fleet_it_was_issued_for()
    {
        using var authority = Authority();
        var issued = authority.IssueNode("press-1", "8f14e45f", Year);
        using var identity = issued.ToIdentity();
        Assert.Equal("CN=press-1, O=8f14e45f", identity.Subject);
        Assert.Equal(
            new PeerVerdict.Accepted("press-1", "8f14e45f"), Verifier(PeerRole.Client, authority).Verify(identity));
        Assert.Equal(issued.Record.Serial, identity.SerialNumber.ToLowerInvariant());
    }

    [Fact]
    public void An_authority_is_the_same_one_after_a_restart_and_knows_what_it_issued()
    {
        string serial, pem;
        using (var authority = Authority())
        {
            (serial, pem) = (authority.IssueNode("a", "fleet", Year).Record.Serial, authority.CertificatePem);
        }

        using var again = Authority();
        Assert.Equal(pem, again.CertificatePem);
        Assert.Equal([serial], again.Issued.Select(record => record.Serial));
        Assert.Equal(AtomicFile.Private, _layer.Stat("/ca/ca.key")!.Mode);
    }

    [Fact]
    public void A_power_cut_leaves_an_authority_that_opens_and_every_certificate_handed_out_is_of_it()
    {
        CrashReplay.Check<string>(
            (layer, acknowledge) =>
            {
                using var authority = CertificateAuthority.OpenOrCreate(layer, "/ca", "ca", Year, _time);
                acknowledge(authority.CertificatePem);
                acknowledge(authority.IssueNode("a", "f", Year).Record.Serial);
            },
            (layer, acknowledged) =>
            {
                using var authority = CertificateAuthority.OpenOrCreate(layer, "/ca", "ca", Year, _time);
                Assert.True(acknowledged.Count < 1 || authority.CertificatePem == acknowledged[0]);
                Assert.True(acknowledged.Count < 2 || authority.Issued.Any(record => record.Serial == acknowledged[1]));
            });
    }

    [Fact]
    public void Each_reason_to_refuse_is_told_apart()
    {
        using var ours = Authority();
        using var theirs = Authority("/other");
        using var node = ours.IssueNode("press-1", "fleet", Year).ToIdentity();
        using var server = ours.IssueServer(["gitops.example", "10.0.0.1"], Year).ToIdentity();

        Because("no certificate", Verifier(PeerRole.Client, ours).Verify(null));
        Because("another key", Verifier(PeerRole.Client, theirs).Verify(node));
        Because("not one for a server", Verifier(PeerRole.Server, ours).Verify(node));
        Because("not one for a client", Verifier(PeerRole.Client, ours).Verify(server));
        Because("reached as 'evil.example', and its certificate is for 'gitops.example', '10.0.0.1'",
            Verifier(PeerRole.Server, ours).Verify(server, name: "evil.example"));
        Assert.IsType<PeerVerdict.Accepted>(Verifier(PeerRole.Server, ours).Verify(server, name: "gitops.example"));
        Assert.IsType<PeerVerdict.Accepted>(Verifier(PeerRole.Server, ours).Verify(server, name: "10.0.0.1"));
        Assert.IsType<PeerVerdict.Accepted>(Verifier(PeerRole.Client, theirs, ours).Verify(node));

        _time.Advance(2 * Year);
        Because("is good from 2026-11-24 08:00:00Z to 2027-11-24 09:00:00Z, and it is 2028-11-23", Verifier(PeerRole.Client, ours).Verify(node));
    }

    [Fact]
    public void Time_is_the_one_given_and_not_that_of_the_machine()
    {
        using var authority = Authority();
        using var node = authority.IssueNode("a", "f", Year).ToIdentity();
        var at1970 = new PeerVerifier([authority.Certificate], PeerRole.Client, () => DateTimeOffset.UnixEpoch);
        Because("1970-01-01", at1970.Verify(node));
    }

    [Fact]
    public void Who_is_refused_for_nothing_but_the_time_is_told_apart()
    {
        using var authority = Authority();
        using var other = Authority("/other");
        using var node = authority.IssueNode("a", "f", Year).ToIdentity();
        var told = 0;
        PeerVerifier At(DateTimeOffset time, CertificateAuthority of) =>
            new([of.Certificate], PeerRole.Client, () => time) { RefusedByTime = () => told++ };
        Assert.True(Assert.IsType<PeerVerdict.Refused>(At(DateTimeOffset.UnixEpoch, authority).Verify(node)).IsByTime);
        Assert.Equal(1, told);
        Assert.False(Assert.IsType<PeerVerdict.Refused>(At(DateTimeOffset.UnixEpoch, other).Verify(node)).IsByTime);
        Assert.False(Assert.IsType<PeerVerdict.Refused>(At(_time.GetUtcNow(), other).Verify(node)).IsByTime);
        Assert.Equal(1, told);
    }

    [Fact]
    public void No_certificate_outlives_its_authority()
    {
        using var authority = Authority();
        Assert.Equal(authority.Certificate.NotAfter.ToUniversalTime(), authority.IssueNode("a", "f", 50 * Year).Record.ValidUntil.UtcDateTime);
    }

    [Fact]
    public async Task Both_ends_of_a_real_connection_check_each_other()
    {
        using var authority = Authority();
        var server = authority.IssueServer(["127.0.0.1"], Year);
        var node = authority.IssueNode("press-1", "fleet", Year);
        server.Save(_layer, "/server.crt", "/server.key");
        using var loaded = CertificateFiles.LoadIdentity(_layer, "/server.crt", "/server.key");
        var seen = await HandshakeAsync(loaded, node.ToIdentity(), Verifier(PeerRole.Server, authority), Verifier(PeerRole.Client, authority));
        Assert.Equal("CN=press-1, O=fleet", seen);
        using var other = Authority("/other");
        await Assert.ThrowsAnyAsync<Exception>(() =>
            HandshakeAsync(loaded, node.ToIdentity(), Verifier(PeerRole.Server, other), Verifier(PeerRole.Client, authority)));
    }

    [Fact]
    public void A_signature_holds_for_its_key_and_content_alone()
    {
        using var key = SigningKey.LoadOrCreate(_layer, "/publication.key");
        using var same = SigningKey.LoadOrCreate(_layer, "/publication.key");
        using var other = SigningKey.Create();
        var signature = key.Sign("content"u8);
        Assert.Equal(64, signature.Length);
        Assert.Equal(key.KeyId, same.KeyId);
        Assert.Equal(AtomicFile.Private, _layer.Stat("/publication.key")!.Mode);
        Assert.True(SigningKey.Verify(same.PublicKey.Span, "content"u8, signature));
        Assert.False(SigningKey.Verify(same.PublicKey.Span, "Content"u8, signature));
        Assert.False(SigningKey.Verify(other.PublicKey.Span, "content"u8, signature));
        Assert.False(SigningKey.Verify("not a key"u8, "content"u8, signature));
        Assert.False(SigningKey.Verify(same.PublicKey.Span, "content"u8, signature.AsSpan(1)));
    }

    [Fact]
    public void What_is_no_key_or_certificate_is_named()
    {
        _layer.CreateFile("/junk", "junk"u8, AtomicFile.Private);
        Assert.Contains("/junk", Assert.Throws<CertificateFileException>(() => SigningKey.Load(_layer, "/junk")).Message, StringComparison.Ordinal);
        Assert.Contains("/none", Assert.Throws<CertificateFileException>(() => SigningKey.Load(_layer, "/none")).Message, StringComparison.Ordinal);
        Assert.Contains("/junk", Assert.Throws<CertificateFileException>(() => CertificateFiles.LoadAuthorities(_layer, "/junk")).Message, StringComparison.Ordinal);
        Assert.Throws<CertificateFileException>(() => CertificateFiles.LoadIdentity(_layer, "/junk", "/junk"));
    }

    [Fact]
    public void A_certificate_in_a_log_does_not_show_its_key()
    {
        using var authority = Authority();
        Assert.DoesNotContain("PRIVATE", authority.IssueNode("a", "f", Year).ToString(), StringComparison.Ordinal);
    }

    private static void Because(string part, PeerVerdict verdict) =>
        Assert.Contains(part, Assert.IsType<PeerVerdict.Refused>(verdict).Because, StringComparison.Ordinal);

    private static async Task<string?> HandshakeAsync(
        X509Certificate2 server, X509Certificate2 client, PeerVerifier ofServer, PeerVerifier ofClient)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var cancellation = TestContext.Current.CancellationToken;
        using var outgoing = new TcpClient();
        await outgoing.ConnectAsync((IPEndPoint)listener.LocalEndpoint, cancellation);
        using var incoming = await listener.AcceptTcpClientAsync(cancellation);
        await using var serverSide = new SslStream(incoming.GetStream());
        await using var clientSide = new SslStream(outgoing.GetStream());
        var accepting = serverSide.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = server,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = ofClient.AsCallback(name: null),
            },
            cancellation);
        try
        {
            await clientSide.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "127.0.0.1",
                    ClientCertificates = [client],
                    RemoteCertificateValidationCallback = ofServer.AsCallback("127.0.0.1"),
                },
                cancellation);
        }
        catch (AuthenticationException)
        {
            outgoing.Close();
            await Assert.ThrowsAnyAsync<Exception>(() => accepting);
            throw;
        }

        await accepting;
        await clientSide.WriteAsync(Encoding.UTF8.GetBytes("x"), cancellation);
        return serverSide.RemoteCertificate?.Subject;
    }
}
