using GitOps.Platform.Processes;

namespace GitOps.TestKit.Containers;

/// <summary>A small Debian with systemd and chrony, as an archive. Made once for each machine, by mmdebstrap: that takes half a minute.</summary>
public static class SystemdImage
{
    private const string Packages = "systemd,systemd-sysv,chrony,libssl3,procps";

    /// <summary>The archive; skips where it cannot be made, and fails in CI.</summary>
    public static async Task<string> MakeAsync(CancellationToken cancellationToken)
    {
        var mmdebstrap = NeedsPackage.OrSkip("mmdebstrap");
        var folder = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "gitops-tests");
        var archive = Path.Combine(folder, "debian-systemd-2.tar"); // another number for other packages
        if (File.Exists(archive))
        {
            return archive;
        }

        Directory.CreateDirectory(folder);
        var half = $"{archive}.new.tar";
        var release = (await File.ReadAllLinesAsync("/etc/os-release", cancellationToken)).FirstOrDefault(l => l.StartsWith("VERSION_CODENAME=", StringComparison.Ordinal))?[17..];
        var made = await new CommandRunner(TimeProvider.System).RunAsync(
            new Command([mmdebstrap, "--variant=minbase", $"--include={Packages}", release ?? "stable", half]) { Deadline = TimeSpan.FromMinutes(5) }, cancellationToken);
        if (!made.Succeeded)
        {
            NeedsPackage.Missing($"needs a mirror of Debian for an image with systemd: {made.Error[^Math.Min(made.Error.Length, 1000)..]}");
        }

        File.Move(half, archive, overwrite: true);
        return archive;
    }
}
