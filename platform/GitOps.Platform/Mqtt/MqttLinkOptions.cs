using System.Security.Cryptography.X509Certificates;
using GitOps.Platform.Tls;

namespace GitOps.Platform.Mqtt;

/// <summary>How to reach a broker.</summary>
/// <param name="Url"><c>mqtt://</c>, <c>mqtts://</c>, <c>ws://</c> or <c>wss://</c>; default ports 1883, 8883, 80, 443.</param>
/// <param name="ClientId">The broker keeps one connection per client id: a second one ends the first.</param>
public sealed record MqttLinkOptions(Uri Url, string ClientId)
{
    /// <summary>The certificate shown to the broker.</summary>
    public X509Certificate2? Identity { get; init; }

    /// <summary>Judges the broker's certificate; null: as the machine trusts.</summary>
    public PeerVerifier? Verifier { get; init; }

    /// <summary>Asked for before each connect, as a password may change; null, or null from it: there is none.</summary>
    public Func<MqttLogin?>? Login { get; init; }

    /// <summary>Subscribed after each connect.</summary>
    public IReadOnlyList<MqttSubscription> Subscriptions { get; init; } = [];

    /// <summary>The broker publishes an empty message here when the connection is lost without a goodbye.</summary>
    public string? WillTopic { get; init; }

    /// <summary>The will takes what is retained at <see cref="WillTopic"/> away, for those who come later.</summary>
    public bool WillRetained { get; init; }

    /// <summary>
    /// A connection on which nothing was sent for this long is asked for a sign of life: half as often as most clients do, for
    /// that is most of an idle node's traffic, and often enough for the address translators in between.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>Limit of one exchange: connect, subscribe, acknowledge.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bound of the first wait before connecting again.</summary>
    public TimeSpan InitialBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bound of the longest wait before connecting again.</summary>
    public TimeSpan MaximumBackoff { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Where it changes: asked before each wait, instead of <see cref="MaximumBackoff"/>.</summary>
    public Func<TimeSpan>? ReconnectWindow { get; init; }

    /// <summary>Messages kept for a reader that is behind.</summary>
    public int QueueLimit { get; init; } = 1024;

    /// <summary>A larger packet makes the broker drop it (MQTT 5 Maximum Packet Size).</summary>
    public int PacketLimitBytes { get; init; } = 1 << 20;
}

/// <summary>A topic filter and the most it is delivered with.</summary>
public sealed record MqttSubscription(string Topic, MqttQuality Quality = MqttQuality.AtLeastOnce);

/// <summary>How hard delivery is tried.</summary>
public enum MqttQuality
{
    /// <summary>Sent and forgotten (QoS 0).</summary>
    AtMostOnce = 0,

    /// <summary>Acknowledged by the other side, perhaps delivered twice (QoS 1).</summary>
    AtLeastOnce = 1,
}

/// <summary>A message that came in.</summary>
/// <param name="IsRetained">It was there before the subscription.</param>
public sealed record MqttMessage(string Topic, ReadOnlyMemory<byte> Payload, bool IsRetained);
