using System.Globalization;
using System.Text;
using GitOps.Bundles.Units;

namespace GitOps.Agent.TimeSync;

/// <summary>Where the files of the agent's own ptp4l are.</summary>
/// <param name="Segment">Of shared memory, by which it hands its measurements to chronyd: <c>ntpshm_segment</c> of <c>ptp4l(8)</c>.</param>
public sealed record PtpLayout(string Directory, int Segment)
{
    public string ConfigPath => $"{Directory}/ptp4l.conf";

    public string SocketPath => $"{Directory}/ptp4l.sock";
}

/// <summary>ptp4l as it is.</summary>
public sealed record PtpState(PtpLayout Layout)
{
    /// <summary>Content of its configuration; null when there is none.</summary>
    public string? Config { get; init; }

    public bool IsRunning { get; init; }
}

/// <summary>Who is followed, as <c>pmc(8)</c> tells it.</summary>
/// <param name="ClockClass">IEEE 1588-2008, table 5.</param>
public sealed record PtpGrandmaster(string Identity, int ClockClass)
{
    /// <summary>It follows a real clock, or did until a moment ago: 6 and 7 with a receiver of its own, 13 and 14 by an application.</summary>
    public bool IsReal => ClockClass is 6 or 7 or ServesReal or 14;

    public const int ServesReal = 13;
    public const int ServesOwn = 248;

    /// <summary>Null when the text does not say.</summary>
    public static PtpGrandmaster? TryParse(string text)
    {
        string? identity = null;
        int? clockClass = null;
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [var name, var value])
            {
                identity = name == "grandmasterIdentity" ? value : identity;
                clockClass = name == "gm.ClockClass" && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : clockClass;
            }
        }

        return identity is not null && clockClass is { } known ? new PtpGrandmaster(identity, known) : null;
    }
}

/// <summary>Renders what ptp4l reads, <c>ptp4l(8)</c>. The same specification gives the same text.</summary>
public static class PtpConfig
{
    /// <summary>The name chronyd has for what ptp4l measures.</summary>
    public const string ReferenceId = "PTP";

    public static string Render(PtpLayout layout, PtpLink link)
    {
        var text = new StringBuilder("# Written by gitops-agent from a TimeSync in Git; changes made here are overwritten.\n[global]\n");
        Line(text, $"time_stamping software");
        Line(text, $"domainNumber {link.Domain}");
        Line(text, $"network_transport {link.Transport switch { PtpTransport.Udp => "UDPv4", PtpTransport.Udp6 => "UDPv6", _ => "L2" }}");
        Line(text, $"delay_mechanism {(link.Delay == PtpDelay.PeerToPeer ? "P2P" : "E2E")}");
        Line(text, $"uds_address {layout.SocketPath}");
        if (link.Serve)
        {
            Line(text, $"masterOnly 1");
            Line(text, $"clockClass {PtpGrandmaster.ServesOwn}"); // until chronyd follows a real clock
        }
        else
        {
            Line(text, $"slaveOnly 1");
            Line(text, $"clock_servo ntpshm"); // it measures, chronyd steers: one program sets the clock
            Line(text, $"ntpshm_segment {layout.Segment}");
        }

        return text.Append('[').Append(link.Interface).Append("]\n").ToString();
    }

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
