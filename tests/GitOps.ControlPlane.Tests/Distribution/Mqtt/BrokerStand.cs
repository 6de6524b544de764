using System.Net;
using GitOps.ControlPlane.Distribution.Mqtt;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using GitOps.TestKit.Mqtt;
using GitOps.TestKit.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitOps.ControlPlane.Tests.Distribution.Mqtt;

public enum BrokerKind
{
    Embedded,
    Mosquitto,
}

/// <summary>A broker of either kind with the control plane behind it, real TLS on loopback.</summary>
internal sealed class BrokerStand : IAsyncDisposable
{
    private const string RevocationList = "revoked.crl";
    private readonly TestMosquitto? _mosquitto;

    private BrokerStand(ControlPlaneStand plane, IBroker broker, int port, TestMosquitto? mosquitto) =>
        (Plane, Broker, Port, _mosquitto) = (plane, broker, port, mosquitto);

    public ControlPlaneStand Plane { get; }

    public IBroker Broker { get; }

    public int Port { get; }

    public Uri Address => new($"mqtts://localhost:{Port}");

    public static async Task<BrokerStand> StartAsync(BrokerKind kind, CancellationToken cancellationToken)
    {
        var plane = new ControlPlaneStand();
        try
        {
            var stand = kind == BrokerKind.Embedded ? Embedded(plane) : await WithMosquittoAsync(plane, cancellationToken);
            await stand.Broker.StartAsync(cancellationToken);
            return stand;
        }
        catch
        {
            await plane.DisposeAsync();
            throw;
        }
    }

    /// <summary>The broker goes away and comes back, having forgotten everything.</summary>
    public async Task RestartMosquittoAsync(CancellationToken cancellationToken)
    {
        await _mosquitto!.StopAsync();
        await _mosquitto.StartAgainAsync(cancellationToken);
    }

    /// <summary>Refused from now on; an external broker is told by its list, as <c>gitops broker mosquitto --watch</c> does it.</summary>
    public async Task RevokeAsync(string node, CancellationToken cancellationToken)
    {
        Plane.Authority.Retire(node, Withdrawal.Revoked, "stolen");
        if (_mosquitto is not null)
        {
            await File.WriteAllTextAsync(Plane.Directory[RevocationList], Plane.Authority.RevocationListPem(), cancellationToken);
            await RestartMosquittoAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        if (_mosquitto is not null)
        {
            await _mosquitto.DisposeAsync();
        }

        await Plane.DisposeAsync();
    }

    private static BrokerStand Embedded(ControlPlaneStand plane)
    {
        var endpoint = new IPEndPoint(IPAddress.Loopback, FreePort.Next());
        var broker = new EmbeddedBroker(
            TestReports.Fleet, endpoint, plane.Server, plane.Nodes, plane.Authority.Withdrawals, plane.Intake, plane.Hints, plane.Status,
            TimeProvider.System, NullLogger.Instance);
        return new BrokerStand(plane, broker, endpoint.Port, mosquitto: null);
    }

    private static async Task<BrokerStand> WithMosquittoAsync(ControlPlaneStand plane, CancellationToken cancellationToken)
    {
        var places = new MosquittoPlaces(
            new IPEndPoint(IPAddress.Loopback, 0),
            Authority: plane.Directory["ca.crt"],
            Certificate: plane.Directory["broker.crt"],
            Key: plane.Directory["broker.key"],
            AccessFile: plane.Directory["access"])
        {
            RevocationList = plane.Directory[RevocationList],
        };
        await File.WriteAllTextAsync(places.RevocationList, plane.Authority.RevocationListPem(), cancellationToken);
        await File.WriteAllTextAsync(places.Authority, plane.Authority.CertificatePem, cancellationToken);
        await File.WriteAllTextAsync(places.AccessFile, MosquittoConfig.RenderAccess(TestReports.Fleet), cancellationToken);
        plane.Authority.Issue(ca => ca.IssueServer(["localhost"], TimeSpan.FromDays(1)))
            .Save(DiskFileLayer.Host, places.Certificate, places.Key);
        // The stand brings its own listener line, and the options of tests.
        var options = MosquittoConfig.Render(places).Split('\n')
            .Where(line => !line.StartsWith("listener", StringComparison.Ordinal) && !line.StartsWith("set_tcp", StringComparison.Ordinal))
            .ToList();
        var mosquitto = await TestMosquitto.StartAsync(options, cancellationToken);
        var broker = new ExternalBroker(
            TestReports.Fleet,
            new ExternalBrokerOptions(
                new Uri($"mqtts://localhost:{mosquitto.Port}"), plane.Identity(MosquittoConfig.ControlPlaneName), plane.Servers),
            plane.Intake,
            plane.Hints,
            TimeProvider.System,
            NullLogger.Instance);
        return new BrokerStand(plane, broker, mosquitto.Port, mosquitto);
    }
}
