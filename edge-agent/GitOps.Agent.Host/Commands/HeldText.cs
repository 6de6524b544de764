using System.Globalization;
using System.Text;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Host.Commands;

/// <summary>Clock, volumes, syncs and devices of a status, for people. Pure.</summary>
internal static class HeldText
{
    /// <summary>Of more devices only those are listed with which something is the matter.</summary>
    private const int MostDevices = 20;

    public static void Append(StringBuilder text, NodeReport report)
    {
        if (report.Clock is { } clock)
        {
            AppendClock(text, clock);
        }

        foreach (var volume in report.Volumes)
        {
            text.Append(CultureInfo.InvariantCulture, $"volume/{volume.Name}: {volume.UsedBytes}")
                .Append(volume.LimitBytes is { } limit ? string.Create(CultureInfo.InvariantCulture, $" of {limit} bytes\n") : " bytes\n");
        }

        foreach (var sync in report.Syncs)
        {
            AppendSync(text, sync);
        }

        var listed = report.Devices.Count <= MostDevices ? report.Devices : [.. report.Devices.Where(IsUnwell)];
        if (listed.Count < report.Devices.Count)
        {
            text.Append(CultureInfo.InvariantCulture, $"{report.Devices.Count} devices, {report.Devices.Count(d => !d.Online)} of them offline\n");
        }

        foreach (var device in listed)
        {
            AppendDevice(text, device);
        }
    }

    private static void AppendClock(StringBuilder text, ClockReport clock)
    {
        text.Append("clock: ").Append(clock.IsTrusted ? "trusted" : clock.Isolated is true ? "agreed upon in this site, which hears no real clock" : "not trusted");
        if (clock is { Source: { } source, Offset: { } offset, ErrorBoundMs: { } bound })
        {
            text.Append(CultureInfo.InvariantCulture,
                $"; {Math.Abs(offset) * 1_000:0.###} ms {(offset < 0 ? "behind" : "ahead of")} {source} (stratum {clock.Stratum}), at most {bound:0.###} ms off");
        }

        text.Append(clock.Managed ? "\n" : "; only measured, no chronyd keeps it\n");
    }

    private static void AppendSync(StringBuilder text, SyncReport sync)
    {
        text.Append(CultureInfo.InvariantCulture, $"sync/{sync.Name}: {sync.State.ToString().ToLowerInvariant()}");
        text.Append(sync.LastSuccess is { } last ? string.Create(CultureInfo.InvariantCulture, $", last whole at {last:u}") : ", never whole yet");
        if (sync.Last is { } counts)
        {
            text.Append(CultureInfo.InvariantCulture, $" ({counts.Files} files, {counts.Bytes} bytes, {counts.Moved} moved, {counts.Conflicts} in conflict)");
        }

        text.Append(sync.Progress is { TotalBytes: > 0 } progress
            ? string.Create(CultureInfo.InvariantCulture, $", {progress.Bytes * 100 / progress.TotalBytes} % of {progress.TotalBytes} bytes\n")
            : "\n");
        if (sync.Message is { } message)
        {
            text.Append(CultureInfo.InvariantCulture, $"    {message}\n");
        }
    }

    private static void AppendDevice(StringBuilder text, DeviceReport device)
    {
        text.Append(CultureInfo.InvariantCulture, $"device/{device.Name}: {(device.Online ? "online" : "offline")}")
            .Append(device.Message is { } why ? $": {Printable(why)}\n" : "\n");
        foreach (var alarm in device.Alarms)
        {
            text.Append(CultureInfo.InvariantCulture, $"    {alarm.Severity.ToString().ToLowerInvariant()} {alarm.Name} for {alarm.SinceMs / 1_000} s")
                .Append(alarm.Value is { } value ? $", at {Printable(value)}\n" : "\n");
        }

        foreach (var property in device.Properties)
        {
            text.Append(CultureInfo.InvariantCulture, $"    {property.Name} {(property.Reported is { } reported ? Printable(reported) : "not read yet")}");
            if (property.Desired is { } desired)
            {
                text.Append(CultureInfo.InvariantCulture, $" (desired {Printable(desired)}, {property.State?.ToString().ToLowerInvariant()})");
            }

            text.Append(property.Quality == ValueQuality.Good ? "" : $", {property.Quality.ToString().ToLowerInvariant()}")
                .Append(property.AgeMs is { } age ? string.Create(CultureInfo.InvariantCulture, $", {age / 1_000m:0.0} s old") : "")
                .Append(property.Message is { } message ? $": {Printable(message)}\n" : "\n");
        }
    }

    private static bool IsUnwell(DeviceReport device) => !device.Online || !device.Alarms.IsEmpty || device.Message is not null ||
        device.Properties.Any(p => p.Quality != ValueQuality.Good || p.State is PropertyPhase.Conflict or PropertyPhase.Rejected or PropertyPhase.Expired);

    /// <summary>What a device says may hold anything, also what a terminal would obey.</summary>
    private static string Printable(object value) =>
        string.Concat((value.ToString() ?? "").Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
