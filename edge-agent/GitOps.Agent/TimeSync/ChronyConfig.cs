using System.Buffers;
using System.Globalization;
using System.Text;
using GitOps.Bundles.Units;

namespace GitOps.Agent.TimeSync;

/// <summary>Renders what chronyd reads, <c>chrony.conf(5)</c>. The same specification gives the same text.</summary>
public static class ChronyConfig
{
    private const string Header = "# Written by gitops-agent from a TimeSync in Git; changes made here are overwritten.\n";

    private static readonly SearchValues<char> AddressChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_%");

    /// <summary>Whether a configuration is one of ours, of whatever release.</summary>
    public static bool IsOurs(string config) => config.StartsWith("# Written by gitops-agent", StringComparison.Ordinal);

    /// <summary>A host name or address, and nothing that would be a directive of its own.</summary>
    public static bool IsAddress(string text) => text.Length is > 0 and <= 253 && !text.AsSpan().ContainsAnyExcept(AddressChars);

    /// <summary>Everything but the servers: those change without a restart.</summary>
    /// <param name="ptp">Where measurements of PTP come from; null: from nowhere.</param>
    public static string Render(ChronyLayout layout, ClockSpec spec, PtpLayout? ptp = null)
    {
        var text = new StringBuilder(Header);
        var state = layout.RunDirectory ?? "/var/lib/chrony";
        Line(text, $"sourcedir {layout.SourcesDirectory}");
        Line(text, $"driftfile {state}/chrony.drift");
        Line(text, $"ntsdumpdir {state}");
        Line(text, $"makestep 1.0 3"); // a wrong clock is set at once, but only before anything has relied on it
        Line(text, $"rtcsync");
        Line(text, $"leapsectz right/UTC"); // where the machine has that file, it knows of leap seconds without being told
        if (spec.LeapSeconds == LeapSeconds.Slew)
        {
            Line(text, $"leapsecmode slew");
            Line(text, $"maxslewrate 1000");
            if (spec.Serve is not null)
            {
                Line(text, $"smoothtime 400 0.001024 leaponly"); // chrony.conf(5): so that those who ask see no step either
            }
        }

        if (spec.Ptp is { Serve: false } && ptp is not null)
        {
            // Time stamps of software are some microseconds off; half of the delay counts as error (chrony.conf(5)).
            Line(text, $"refclock SHM {ptp.Segment} refid {PtpConfig.ReferenceId} poll 2 dpoll 0 precision 1e-6 delay 1e-4 prefer");
        }

        if (spec.NtsAuthorities is not null)
        {
            Line(text, $"ntstrustedcerts {layout.AuthoritiesPath}");
        }

        if (spec.Serve is { } serve)
        {
            foreach (var network in serve.Networks)
            {
                Line(text, $"allow {network}");
            }

            if (spec.Isolation == ClockIsolation.Orphan)
            {
                Line(text, $"local stratum {ClockSpec.OrphanStratum} orphan");
            }
        }

        if (spec.Serve is { Port: { } port })
        {
            Line(text, $"port {port}");
        }
        else if (spec.Serve is null && layout.RunDirectory is not null)
        {
            Line(text, $"port 0"); // a client only
        }

        if (layout.RunDirectory is { } run)
        {
            Line(text, $"user root"); // the agent runs it, and its directory is closed to others
            Line(text, $"pidfile {run}/chronyd.pid");
            Line(text, $"bindcmdaddress {layout.SocketPath}");
            Line(text, $"cmdport 0");
        }

        return text.ToString();
    }

    /// <summary>
    /// The servers. chronyd selects one with the fourth answer to its first burst, whose requests are a quarter of <c>minpoll</c> apart and
    /// two seconds at most (chrony's ntp_core.c): after six seconds by default, after three with <c>minpoll 2</c>. With <c>maxpoll 6</c> one that
    /// is gone (eight requests) is given up within minutes.
    /// </summary>
    public static string RenderSources(ClockSpec spec)
    {
        var text = new StringBuilder(Header);
        foreach (var server in spec.Servers)
        {
            var port = server.Port is { } number ? string.Create(CultureInfo.InvariantCulture, $" {(server.Nts ? "ntsport" : "port")} {number}") : "";
            Line(text, $"server {server.Address}{port} iburst{(server.Nts ? " nts" : "")}{(server.Near ? " minpoll 2 maxpoll 6" : "")}{(server.Prefer ? " prefer" : "")}");
        }

        return text.ToString();
    }

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
