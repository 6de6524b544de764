using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles;
using GitOps.Bundles.Enrolment;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Distribution;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Storage;
using GitOps.ControlPlane.Store;
using GitOps.ControlPlane.Tests.Distribution;
using GitOps.Manifests.Kinds;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.ControlPlane.Tests.Identity;

/// <summary>A node API that enrols machines, at a time of its own, with one node that has a pointer.</summary>
internal sealed class EnrolmentStand : IAsyncDisposable
{
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);
    public static readonly TimeSpan Grace = TimeSpan.FromHours(2);
    private static readonly byte[] Bundle = "bundle of press-1"u8.ToArray();
    private readonly EcdsaSigner _signer = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private ContentStore _store = null!;
    private NodeApi _api = null!;

    /// <summary>What machines of this test seal to.</summary>
    public static string Recipient { get; } = AgeIdentity.Generate().Recipient.ToString();

    public FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    public ControlPlaneStand Plane { get; private set; } = null!;

    public EnrolmentDesk Desk { get; private set; } = null!;

    public IdentityAlarms Alarms { get; private set; } = null!;

    /// <summary>What registrations say; nobody is suspended without any.</summary>
    public Func<string, bool?> IsSuspended { get; set; } = _ => false;

    /// <summary>As the node API has it.</summary>
    public FleetAuthority Authority { get; private set; } = null!;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Plane = new ControlPlaneStand(Time);
        _store = Assert.IsType<StoreOpening.Opened>(ContentStore.Open(DiskFileLayer.Host, Plane.Directory["store"], TestReports.Fleet)).Store;
        using var root = new EcdsaSigner(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        _store.WriteRoot(1, new RootStatement
        {
            Fleet = TestReports.Fleet,
            Version = 1,
            Threshold = 1,
            RootKeys = [root.Key],
            PublicationKeys = [_signer.Key],
            Authorities = [],
        }.Sign(root));
        var now = Time.GetUtcNow();
        var head = new HeadStatement { Fleet = TestReports.Fleet, Generation = 1, Time = now, ValidUntil = now.AddDays(7) }.Sign(_signer);
        _store.Publish(
            [new NewBlob(Digest.Of(Bundle), Bundle, [])],
            Publication.Sign(TestReports.Fleet, 1, new string('a', 40), [new PublicationEntry("press-1", Digest.Of(Bundle), Bundle.Length)], _signer),
            head, new string('a', 40), now);
        await ServeAsync(Plane.Database, cancellationToken);
    }

    /// <summary>As after a restart of the control plane.</summary>
    public async Task RestartAsync(bool withoutDatabase, CancellationToken cancellationToken)
    {
        await _api.DisposeAsync();
        await ServeAsync(withoutDatabase ? TestReports.Open(Plane.Directory["other.db"]) : Plane.Database, cancellationToken);
    }

    public IReadOnlyList<AuditEntry> Audit() => new AuditTrail(Plane.Database).Recent(100);

    public async Task<string> TokenAsync(string node, CancellationToken cancellationToken, bool replaces = false, TimeSpan? life = null) =>
        Assert.IsType<TokenAnswer.Done>(
            await Desk.CreateAsync(node, life ?? EnrolmentToken.DefaultLife, replaces, "test", cancellationToken)).Text!;

    public static ECDsa Key() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static EnrolRequest Request(ECDsa key, string token) => new(token, SigningRequest.Create(key), Recipient);

    /// <summary>A machine that is let in, and the certificate it has then.</summary>
    public async Task<X509Certificate2> AdmitAsync(ECDsa key, string token, CancellationToken cancellationToken)
    {
        var (status, body) = await EnrolAsync(Request(key, token), cancellationToken);
        Assert.Equal(HttpStatusCode.OK, status);
        return X509Certificate2.CreateFromPem(EnrolmentJson.TryReadEnrolAnswer(body)!.Certificate);
    }

    public Task<(HttpStatusCode Status, byte[] Body)> EnrolAsync(EnrolRequest request, CancellationToken cancellationToken) =>
        PostAsync(EnrolmentJson.Write(request), cancellationToken);

    public async Task<(HttpStatusCode Status, byte[] Body)> PostAsync(byte[] body, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(body, cancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    public async Task<HttpResponseMessage> SendAsync(byte[] body, CancellationToken cancellationToken)
    {
        using var client = Client(identity: null);
        using var content = new ByteArrayContent(body);
        return await client.PostAsync("v1/enroll", content, cancellationToken);
    }

    /// <summary>On a connection of its own.</summary>
    public async Task<(HttpStatusCode Status, byte[] Body)> RenewAsync(
        X509Certificate2 identity, ECDsa key, CancellationToken cancellationToken, string? recipient = null)
    {
        using var client = Client(identity);
        using var content = new ByteArrayContent(EnrolmentJson.Write(new RenewRequest(SigningRequest.Create(key), recipient ?? Recipient)));
        using var answer = await client.PostAsync($"v1/{TestReports.Fleet}/renew", content, cancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    public HttpClient Client(X509Certificate2? identity)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = Plane.Servers.AsCallback("127.0.0.1");
        if (identity is not null)
        {
            handler.SslOptions.ClientCertificates = [identity];
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => identity;
        }

        return new HttpClient(handler) { BaseAddress = _api.Address };
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        _signer.Dispose();
        await Plane.DisposeAsync();
    }

    private async Task ServeAsync(Database database, CancellationToken cancellationToken)
    {
        var authority = Authority = FleetAuthority.Open(DiskFileLayer.Host, Plane.Data, Time);
        var tokens = new EnrolmentTokens(database, Time);
        Alarms = new IdentityAlarms(database, Time, NullLogger<IdentityAlarms>.Instance);
        Desk = new EnrolmentDesk(tokens, authority, () => _api.Address, Time);
        var terms = new EnrolmentTerms(
            TestReports.Fleet, () => new IdentityPolicy(Life, Grace), () => _api.Address, () => null, () => _store.Root(_store.LatestRoot)!,
            node => _store.PointerOf(node)?.Generation, node => IsSuspended(node));
        var endpoint = new EnrolmentEndpoint(
            new Enroller(terms, tokens, authority, Alarms, Time, NullLogger<Enroller>.Instance), Time, NullLogger<EnrolmentEndpoint>.Instance);
        _api = await NodeApi.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), Plane.Server, Plane.Nodes, Plane.Authority.Withdrawals, _store, Plane.Intake, Plane.Status,
            _signer, endpoint, Plane.ValueEndpoint, Time, NullLoggerFactory.Instance, cancellationToken);
    }
}
