using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Formatter;
using MQTTnet.Implementations;
using MQTTnet.Packets;

namespace GitOps.Platform.Mqtt;

/// <summary>
/// Tells the broker a keep-alive that MQTTnet does not know of. Left to itself the library looks four to ten times a second
/// whether it is time for a sign of life, which on an idle node is most of what the processor does, and by the wall clock,
/// which may jump; <see cref="MqttLink"/> waits for it instead.
/// </summary>
internal sealed class QuietAdapterFactory(TimeSpan keepAlive, TimeProvider time) : IMqttClientAdapterFactory
{
    private long _sentAt = time.GetTimestamp();
    private TimeSpan? _said;

    /// <summary>What was agreed on: a broker may ask for less than it is told.</summary>
    public TimeSpan KeepAlive => _said ?? keepAlive;

    /// <summary>Since anything was sent.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Interlocked.Read(ref _sentAt));

    /// <summary>Of the newest connection; null before the first.</summary>
    public GatheringChannel? Channel { get; private set; }

    public IMqttChannelAdapter CreateClientAdapter(MqttClientOptions options, MqttPacketInspector packetInspector, IMqttNetLogger logger)
    {
        _said = null;
        var channel = new GatheringChannel(options.ChannelOptions is MqttClientWebSocketOptions web ? new MqttWebSocketChannel(web) : new MqttTcpChannel(options));
        var formatter = new MqttPacketFormatterAdapter(options.ProtocolVersion, new MqttBufferWriter(options.WriterBufferSize, options.WriterBufferSizeMax));
        Channel = channel;
        return new Adapter(this, new MqttChannelAdapter(channel, formatter, logger)
        {
            AllowPacketFragmentation = options.AllowPacketFragmentation,
            PacketInspector = packetInspector,
        });
    }

    private void NoteSent() => Interlocked.Exchange(ref _sentAt, time.GetTimestamp());

    private sealed class Adapter(QuietAdapterFactory owner, IMqttChannelAdapter inner) : IMqttChannelAdapter
    {
        public long BytesReceived => inner.BytesReceived;

        public long BytesSent => inner.BytesSent;

        public X509Certificate2 ClientCertificate => inner.ClientCertificate;

        public EndPoint RemoteEndPoint => inner.RemoteEndPoint;

        public EndPoint LocalEndPoint => inner.LocalEndPoint;

        public bool IsSecureConnection => inner.IsSecureConnection;

        public MqttPacketFormatterAdapter PacketFormatterAdapter => inner.PacketFormatterAdapter;

        public Task ConnectAsync(CancellationToken cancellationToken) => inner.ConnectAsync(cancellationToken);

        public Task DisconnectAsync(CancellationToken cancellationToken) => inner.DisconnectAsync(cancellationToken);

        public async Task<MqttPacket> ReceivePacketAsync(CancellationToken cancellationToken)
        {
            var packet = await inner.ReceivePacketAsync(cancellationToken).ConfigureAwait(false);
            if (packet is MqttConnAckPacket { ServerKeepAlive: > 0 } answer)
            {
                owner._said = TimeSpan.FromSeconds(answer.ServerKeepAlive);
                answer.ServerKeepAlive = 0;
            }

            return packet;
        }

        public Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken)
        {
            if (packet is MqttConnectPacket connect)
            {
                connect.KeepAlivePeriod = (ushort)Math.Min(owner.KeepAlive.TotalSeconds, ushort.MaxValue);
            }

            owner.NoteSent();
            return inner.SendPacketAsync(packet, cancellationToken);
        }

        public void ResetStatistics() => inner.ResetStatistics();

        public void Dispose() => inner.Dispose();
    }
}
