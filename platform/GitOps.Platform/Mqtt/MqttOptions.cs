using GitOps.Platform.Tls;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace GitOps.Platform.Mqtt;

/// <summary>Our options in MQTTnet's terms.</summary>
internal static class MqttOptions
{
    public static MqttClientOptions Build(MqttLinkOptions options, Action<PeerVerdict.Refused> refused)
    {
        var client = new MqttClientOptions
        {
            ChannelOptions = Channel(options, refused),
            ClientId = options.ClientId,
            ProtocolVersion = MqttProtocolVersion.V500,
            CleanSession = true, // hints are retained and acknowledgements cumulative: a session would only repeat old news
            KeepAlivePeriod = TimeSpan.Zero, // ours: see QuietAdapterFactory
            Timeout = options.Timeout,
            MaximumPacketSize = (uint)options.PacketLimitBytes,
            ReceiveMaximum = (ushort)Math.Clamp(options.QueueLimit, 1, ushort.MaxValue),
        };
        if (options.WillTopic is { } topic)
        {
            client.WillTopic = topic;
            client.WillPayload = [];
            client.WillRetain = options.WillRetained;
            client.WillQualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce;
        }

        return client;
    }

    private static IMqttClientChannelOptions Channel(MqttLinkOptions options, Action<PeerVerdict.Refused> refused)
    {
        var (url, scheme) = (options.Url, options.Url.Scheme);
        switch (scheme)
        {
            case "mqtt" or "mqtts":
                var port = url.Port > 0 ? url.Port : scheme == "mqtts" ? 8883 : 1883;
                return new MqttClientTcpOptions
                {
                    RemoteEndpoint = new System.Net.DnsEndPoint(url.DnsSafeHost, port),
                    NoDelay = true,
                    TlsOptions = Tls(options, scheme == "mqtts", refused),
                };
            case "ws" or "wss":
                return new MqttClientWebSocketOptions
                {
                    Uri = url.ToString(),
                    TlsOptions = Tls(options, scheme == "wss", refused),
                };
            default:
                throw new ArgumentException($"'{url}' is no broker URL: mqtt, mqtts, ws or wss", nameof(options));
        }
    }

    private static MqttClientTlsOptions Tls(MqttLinkOptions options, bool isUsed, Action<PeerVerdict.Refused> refused)
    {
        var tls = new MqttClientTlsOptions
        {
            UseTls = isUsed,
            TargetHost = options.Url.DnsSafeHost,
            SslProtocol = TlsVersions.Accepted,
        };
        if (options.Identity is { } identity)
        {
            tls.ClientCertificatesProvider = new DefaultMqttCertificatesProvider([identity]);
        }

        if (options.Verifier is { } verifier)
        {
            var callback = verifier.AsCallback(options.Url.DnsSafeHost, refused);
            tls.CertificateValidationHandler = seen => callback(seen, seen.Certificate, seen.Chain, seen.SslPolicyErrors);
        }

        return tls;
    }
}
