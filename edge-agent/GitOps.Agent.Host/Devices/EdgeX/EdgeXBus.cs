using System.Globalization;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Tls;

namespace GitOps.Agent.Host.Devices.EdgeX;

/// <summary>
/// Hears on the message bus of EdgeX that core-metadata changed. What changed is not looked at: an event may be lost, and what is
/// read afterwards is the whole truth.
/// </summary>
internal sealed class EdgeXBus : IAsyncDisposable
{
    private readonly MqttLink _link;
    private readonly Action _heard;
    private readonly Task _listening;

    /// <param name="login">Who its broker knows the agent as; asked with each connect.</param>
    public EdgeXBus(string url, PeerVerifier? verifier, Func<MqttLogin?>? login, Action heard, TimeProvider time, Random random)
    {
        _heard = heard;
        _link = new MqttLink(
            new MqttLinkOptions(new Uri(url), string.Create(CultureInfo.InvariantCulture, $"gitops-edgex-{random.Next():x8}"))
            {
                Verifier = verifier,
                Login = login,
                Subscriptions = [new MqttSubscription("edgex/system-events/core-metadata/#", MqttQuality.AtMostOnce)],
            },
            time, random, state =>
            {
                if (state is MqttLinkState.Connected)
                {
                    heard(); // whatever was told before nobody heard
                }
            });
        _listening = ListenAsync();
        _link.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync();
        await _listening;
    }

    private async Task ListenAsync()
    {
        await foreach (var _ in _link.Messages.ReadAllAsync())
        {
            _heard();
        }
    }
}
