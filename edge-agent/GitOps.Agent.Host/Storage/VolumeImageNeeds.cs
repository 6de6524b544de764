using System.Globalization;
using System.Text;
using GitOps.Agent.Storage;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Storage;

/// <summary>Whether this node can keep volumes in images: programs, rights, loop devices, and directories that nobody else may change.</summary>
internal sealed class VolumeImageNeeds(IFileLayer host, Func<string, string?> find)
{
    // Bits of capabilities(7).
    private const int SystemAdministration = 21;
    private const int SystemResources = 24;

    private static readonly (string Program, string Package)[] Programs =
    [
        ("mkfs.ext4", "e2fsprogs"), ("e2fsck", "e2fsprogs"), ("resize2fs", "e2fsprogs"), ("mount", "mount"), ("umount", "mount"),
        ("losetup", "mount"), ("fallocate", "util-linux"), ("flock", "util-linux"),
    ];

    /// <summary>Null where images can be made and mounted.</summary>
    public Problem? WhyNot(string path)
    {
        if (Programs.Where(p => find(p.Program) is null).ToList() is [var first, ..] missing)
        {
            return Wrong($"this node has no {string.Join(", ", missing.Select(m => m.Program))}", $"install it on the node: apt-get install {string.Join(' ', missing.Select(m => m.Package).Distinct())}");
        }

        return !Has(SystemAdministration) ? Wrong("the agent may not mount: it has no CAP_SYS_ADMIN", "run it as root, or write 'enforce: watch'")
            : host.Stat("/dev/loop-control") is null ? Wrong("this node has no loop devices: there is no /dev/loop-control", "'modprobe loop' on the node, or a container with that device")
            : IsApart() ? Wrong("the agent has a mount namespace of its own: nobody else would see what it mounts", "take settings as PrivateMounts or ProtectSystem out of the agent's unit")
            : WhyUnsafe(path);
    }

    /// <summary>Null where a mounted image can be made larger. The kernel wants a right of its own for it.</summary>
    public Problem? WhyNotGrow() =>
        Has(SystemResources) ? null : Wrong("the agent may not make a file system larger: it has no CAP_SYS_RESOURCE", "give it that right, or keep the size");

    /// <summary>Programs open and mount by path: whoever could put a link in it would have root mount over another directory.</summary>
    private Problem? WhyUnsafe(string path)
    {
        const UnixFileMode Others = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        for (var above = FilePath.Parent(path); ; above = FilePath.Parent(above))
        {
            if (host.Stat(above) is { } stat)
            {
                // Where names are their owners' alone (/tmp), those that lead to the volume are root's.
                var isSticky = stat.Mode.HasFlag(UnixFileMode.StickyBit) && above != FilePath.Parent(path);
                var why = stat.Kind != FileKind.Directory ? "is no directory"
                    : stat.Owner.User != 0 ? string.Create(CultureInfo.InvariantCulture, $"belongs to user {stat.Owner.User}")
                    : (stat.Mode & Others) != 0 && !isSticky ? "may be written by others"
                    : null;
                if (why is not null)
                {
                    return Wrong($"{above} {why}, and an image is mounted only where root alone can change the way to it", "give the volume a path below directories of root's");
                }
            }

            if (above == "/")
            {
                return null;
            }
        }
    }

    private bool Has(int capability)
    {
        const string Effective = "CapEff:\t";
        var status = host.Read("/proc/self/status", limitBytes: 1 << 20) is { } bytes ? Encoding.UTF8.GetString(bytes) : "";
        var line = status.Split('\n').FirstOrDefault(l => l.StartsWith(Effective, StringComparison.Ordinal));
        return line is not null && ulong.TryParse(line.AsSpan(Effective.Length), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits) && (bits & (1UL << capability)) != 0;
    }

    /// <summary>Whether the machine's first process sees other mounts than the agent.</summary>
    private bool IsApart()
    {
        try
        {
            return host.ReadLink("/proc/1/ns/mnt") != host.ReadLink("/proc/self/ns/mnt");
        }
        catch (FileLayerException)
        {
            return false; // not to be known; what is mounted is looked at afterwards
        }
    }

    private static Problem Wrong(string what, string fix) => new(VolumeCodes.NoImages, what, fix);
}
