using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles.Enrolment;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Distribution;
using GitOps.ControlPlane.Distribution.Mqtt;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Storage;
using GitOps.ControlPlane.Store;
using GitOps.ControlPlane.Values;
using GitOps.Manifests.Kinds;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;
using GitOps.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitOps.ControlPlane.Tests.Distribution;

/// <summary>The parts of a control plane that face nodes, on real files, with identities for test nodes.</summary>
internal sealed class ControlPlaneStand : IAsyncDisposable
{
    private readonly IDisposable? _watch;
    private readonly TimeProvider _time;

    public ControlPlaneStand(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Data = new DataDirectory(Directory["data"]);
        Authority = FleetAuthority.Open(DiskFileLayer.Host, Data, _time);
        Server = ServerIdentity.Open(Authority, DiskFileLayer.Host, Data, ["localhost", "127.0.0.1"], _time);
        Nodes = new PeerVerifier([Authority.Certificate], PeerRole.Client, _time.GetUtcNow)
        {
            RevokedBecause = Authority.Withdrawals.RevokedBecause,
        };
        Servers = new PeerVerifier([Authority.Certificate], PeerRole.Server, _time.GetUtcNow);
        _watch = Authority.Withdrawals.Watch();
        Database = TestReports.Open($"{Data.Path}/gitops.db");
        Book = new ReportBook(Database, TimeProvider.System);
        Book.Booked += Status.Book;
        Intake = new ReportIntake(TestReports.Fleet, Book);
        Reader = new ReportReader(Database);
        ValueDatabase = Assert.IsType<DatabaseOpening.Opened>(Database.OpenValues(Data.Values, _time)).Database;
        Values = new ValueBook(ValueDatabase, _time, () => long.MaxValue / 2);
        ValueEndpoint = new ValueEndpoint(Values, NullLogger<ValueEndpoint>.Instance);
        Tokens = new EnrolmentTokens(Database, _time);
        Alarms = new IdentityAlarms(Database, _time, NullLogger<IdentityAlarms>.Instance);
    }

    public TempDirectory Directory { get; } = new();

    public DataDirectory Data { get; }

    public FleetAuthority Authority { get; }

    public ServerIdentity Server { get; }

    /// <summary>Judges nodes.</summary>
    public PeerVerifier Nodes { get; }

    /// <summary>Judges servers, as nodes do.</summary>
    public PeerVerifier Servers { get; }

    public Database Database { get; }

    public ReportBook Book { get; }

    public ReportIntake Intake { get; }

    public ReportReader Reader { get; }

    public Database ValueDatabase { get; }

    public ValueBook Values { get; }

    public ValueEndpoint ValueEndpoint { get; }

    public HintBook Hints { get; } = new();

    public FleetStatus Status { get; } = new(TimeSpan.FromMinutes(15), TimeProvider.System);

    public EnrolmentTokens Tokens { get; }

    public IdentityAlarms Alarms { get; }

    /// <summary>What a machine that enrolled has: a token, a key of its own, and a certificate for it.</summary>
    public async Task<X509Certificate2> EnrolAsync(string node, CancellationToken cancellationToken)
    {
        var desk = new EnrolmentDesk(Tokens, Authority, () => new Uri("https://localhost"), _time);
        var token = Assert.IsType<TokenAnswer.Done>(await desk.CreateAsync(node, EnrolmentToken.DefaultLife, replaces: false, "test", cancellationToken)).Text!;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = new EcdsaSigner(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        var trust = new RootStatement
        {
            Fleet = TestReports.Fleet,
            Version = 1,
            Threshold = 1,
            RootKeys = [root.Key],
            PublicationKeys = [root.Key],
            Authorities = [Authority.CertificatePem],
        }.Sign(root).ToBytes();
        var terms = new EnrolmentTerms(
            TestReports.Fleet, () => IdentityPolicy.Default, () => new Uri("https://localhost"), () => null, () => trust, _ => null, _ => false);
        var enroller = new Enroller(terms, Tokens, Authority, Alarms, _time, NullLogger<Enroller>.Instance);
        var request = new EnrolRequest(token, SigningRequest.Create(key), AgeIdentity.Generate().Recipient.ToString());
        var done = Assert.IsType<Enrolled.Done>(await enroller.EnrolAsync(EnrolmentJson.Write(request), "127.0.0.1", cancellationToken));
        using var certificate = X509Certificate2.CreateFromPem(EnrolmentJson.TryReadEnrolAnswer(done.Json)!.Certificate);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>How machines enrol for certificates of an hour, with two hours of grace.</summary>
    public EnrolmentEndpoint Enrolment(ContentStore store, Func<Uri> server)
    {
        var terms = new EnrolmentTerms(
            TestReports.Fleet, () => new IdentityPolicy(TimeSpan.FromHours(1), TimeSpan.FromHours(2)), server, () => null, () => store.Root(store.LatestRoot)!,
            node => store.PointerOf(node)?.Generation, _ => false);
        return new EnrolmentEndpoint(
            new Enroller(terms, Tokens, Authority, Alarms, _time, NullLogger<Enroller>.Instance), _time, NullLogger<EnrolmentEndpoint>.Instance);
    }

    /// <summary>A certificate of the fleet's authority.</summary>
    public X509Certificate2 Identity(string node, string fleet = TestReports.Fleet) =>
        Authority.Issue(ca => ca.IssueNode(node, fleet, TimeSpan.FromDays(1))).ToIdentity();

    /// <summary>What <c>gitops node add --force</c> does, as another process does it.</summary>
    public X509Certificate2 ReplaceIdentity(string node)
    {
        var authority = FleetAuthority.Open(DiskFileLayer.Host, Data, TimeProvider.System);
        var issued = authority.Issue(ca => ca.IssueNode(node, TestReports.Fleet, TimeSpan.FromDays(1)));
        authority.Replace(node, issued.Record);
        return issued.ToIdentity();
    }

    /// <summary>The same names from an authority nobody trusts.</summary>
    public X509Certificate2 ForgedIdentity(string node)
    {
        using var other = CertificateAuthority.OpenOrCreate(
            DiskFileLayer.Host, Directory["other-ca"], "GitOps fleet authority", TimeSpan.FromDays(1), TimeProvider.System);
        return other.IssueNode(node, TestReports.Fleet, TimeSpan.FromDays(1)).ToIdentity();
    }

    public async ValueTask DisposeAsync()
    {
        _watch?.Dispose();
        await Book.DisposeAsync();
        await Values.DisposeAsync();
        Database.Dispose();
        ValueDatabase.Dispose();
        Directory.Dispose();
    }
}
