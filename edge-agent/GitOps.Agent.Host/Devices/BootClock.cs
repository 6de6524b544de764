using System.Globalization;
using System.Text;
using GitOps.Agent.Devices;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Devices;

/// <summary>Reads which boot this is and how long ago it was: <c>proc_pid_sys_kernel(5)</c>, <c>proc_uptime(5)</c>.</summary>
internal static class BootClock
{
    /// <summary>Where /proc is not mounted no two starts look alike, so that nothing is taken for still valid.</summary>
    public static BootTime Read(IFileLayer files, Func<string> fallbackId)
    {
        var id = Text(files, "/proc/sys/kernel/random/boot_id");
        var uptime = Text(files, "/proc/uptime")?.Split(' ')[0];
        return id is not null && double.TryParse(uptime, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? new BootTime(id, TimeSpan.FromSeconds(seconds))
            : new BootTime(fallbackId(), TimeSpan.Zero);
    }

    private static string? Text(IFileLayer files, string path)
    {
        try
        {
            return files.Read(path, 256) is { } bytes ? Encoding.ASCII.GetString(bytes).Trim() : null;
        }
        catch (FileLayerException)
        {
            return null;
        }
    }
}
