using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>
/// The Precision Time Protocol (IEEE 1588-2008) on one network, with time stamps of software: the node follows the
/// grandmaster of a domain, or is one.
/// </summary>
/// <param name="Interface">Of the node: <c>eth0</c>.</param>
public sealed record PtpLink(string Interface)
{
    /// <summary>Whether the kernel could have an interface of that name, and ptp4l's configuration a section of it.</summary>
    public static bool IsInterface(string text) =>
        text.Length is > 0 and <= 15 && text is not ("." or "..") && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    /// <summary>0 to 127.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Domain { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public PtpTransport Transport { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public PtpDelay Delay { get; init; }

    /// <summary>The node tells the network its time, which comes from its servers, and follows no other grandmaster.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Serve { get; init; }
}

/// <summary>What carries it, <c>ptp4l(8)</c>.</summary>
[JsonConverter(typeof(WordConverter<PtpTransport>))]
public enum PtpTransport
{
    Udp,

    Udp6,

    Ethernet,
}

/// <summary>How the delay of the network is measured.</summary>
[JsonConverter(typeof(WordConverter<PtpDelay>))]
public enum PtpDelay
{
    /// <summary>To the grandmaster, across switches that know nothing of it.</summary>
    EndToEnd,

    /// <summary>To each neighbour, which takes part.</summary>
    PeerToPeer,
}
