using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Distribution;

internal static partial class DistributionLog
{
    [LoggerMessage(114, LogLevel.Warning, "PUB114: refused a connection: {Because}")]
    public static partial void PeerRefused(ILogger logger, string because);

    [LoggerMessage(110, LogLevel.Warning, "{Code}: refused a report of {Node}: {What}")]
    public static partial void ReportRefused(ILogger logger, string code, string node, string what);

    [LoggerMessage(145, LogLevel.Warning, "{Code}: {Who} gets no certificate: {What}")]
    public static partial void CertificateRefused(ILogger logger, string code, string who, string what);

    [LoggerMessage(115, LogLevel.Warning, "PUB115: {Node} may not {Action} {Topic}")]
    public static partial void TopicRefused(ILogger logger, string node, string action, string topic);

    [LoggerMessage(117, LogLevel.Warning, "PUB117: the broker {Broker} cannot be reached: {Why}")]
    public static partial void Unreachable(ILogger logger, Uri broker, string why);

    [LoggerMessage(118, LogLevel.Warning, "PUB118: {Node} sent a packet of more than {MaxBytes} bytes; its connection is closed")]
    public static partial void PacketTooLarge(ILogger logger, string node, int maxBytes);

    [LoggerMessage(190, LogLevel.Warning, "{Count} values of {Node} are refused: {Why}")]
    public static partial void ValuesRefused(ILogger logger, int count, string node, string? why);

    [LoggerMessage(130, LogLevel.Information, "the embedded broker listens on {Address}")]
    public static partial void BrokerListening(ILogger logger, string address);

    [LoggerMessage(131, LogLevel.Information, "connected to the broker {Broker}")]
    public static partial void BrokerConnected(ILogger logger, Uri broker);
}
