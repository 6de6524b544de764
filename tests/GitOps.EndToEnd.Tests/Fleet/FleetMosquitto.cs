using System.Net;
using System.Text.Json.Nodes;
using GitOps.ControlPlane.Distribution.Mqtt;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary>Mosquitto as an operator sets it up for a fleet: its configuration is what <see cref="MosquittoConfig"/> renders.</summary>
internal sealed class FleetMosquitto : IAsyncDisposable
{
    private readonly string _program = NeedsPackage.OrSkip("mosquitto");
    private readonly TempDirectory _directory = new();
    private LongProcess? _process;
    private int _port;

    /// <summary>The control plane's settings.</summary>
    public JsonObject Settings(int port)
    {
        _port = port;
        return new JsonObject { ["broker"] = "external", ["brokerUrl"] = $"mqtts://127.0.0.1:{port}" };
    }

    /// <summary>Starts it with a certificate of the fleet's authority.</summary>
    public Task StartAsync(DataDirectory data, CancellationToken cancellationToken)
    {
        var places = new MosquittoPlaces(
            new IPEndPoint(IPAddress.Loopback, _port),
            Authority: _directory["ca.crt"], Certificate: _directory["broker.crt"], Key: _directory["broker.key"], AccessFile: _directory["access"]);
        var authority = FleetAuthority.Open(DiskFileLayer.Host, data, TimeProvider.System);
        authority.Issue(ca => ca.IssueServer(["127.0.0.1", "localhost"], TimeSpan.FromDays(1)))
            .Save(DiskFileLayer.Host, places.Certificate, places.Key);
        File.WriteAllText(places.Authority, authority.CertificatePem);
        File.WriteAllText(places.AccessFile, MosquittoConfig.RenderAccess(Yaml.Uid));
        // Started by root it would become another user, who cannot read the key.
        File.WriteAllText(_directory["mosquitto.conf"], $"user {Environment.UserName}\n{MosquittoConfig.Render(places)}");
        _process = LongProcess.Start(new Command([_program, "-c", _directory["mosquitto.conf"]]));
        return Eventually.BecomesTrue(
            () =>
            {
                Assert.False(_process!.HasExited, $"mosquitto ended: {_process.Error}");
                return _process.Error.Contains("running", StringComparison.Ordinal);
            },
            cancellationToken: cancellationToken,
            what: "mosquitto runs");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _directory.Dispose();
    }
}
