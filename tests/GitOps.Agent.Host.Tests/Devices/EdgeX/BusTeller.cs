using System.Text;
using GitOps.Platform.Mqtt;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Devices.EdgeX;

/// <summary>Tells on a bus what an EdgeX would tell.</summary>
internal sealed class BusTeller : IAsyncDisposable
{
    private readonly MqttLink _link;

    private BusTeller(int port, MqttLogin login)
    {
        _link = new MqttLink(new MqttLinkOptions(new Uri($"mqtt://127.0.0.1:{port}"), "core-metadata") { Login = () => login }, TimeProvider.System, new Random(7));
        _link.Start();
    }

    public static async Task<BusTeller> StartAsync(int port, MqttLogin login, CancellationToken cancellationToken)
    {
        var teller = new BusTeller(port, login);
        await Eventually.BecomesTrue(() => teller._link.State is MqttLinkState.Connected, TimeSpan.FromSeconds(30), cancellationToken);
        return teller;
    }

    public void Tell(string topic, string text) =>
        _ = _link.PublishAsync(topic, Encoding.UTF8.GetBytes(text), MqttQuality.AtMostOnce, retain: false, CancellationToken.None);

    public ValueTask DisposeAsync() => _link.DisposeAsync();
}
