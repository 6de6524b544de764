using System.Globalization;
using System.Text;
using GitOps.Platform.Files;
using GitOps.TestKit.Files;

namespace GitOps.Agent.Host.Tests.Faults;

/// <summary>Something of the agent that writes what must outlive a power cut, version after version.</summary>
/// <param name="Name">What it writes, in words.</param>
/// <param name="Sources">The files of the agent that write it.</param>
/// <param name="Versions">How many versions are written.</param>
/// <param name="Write">Writes one version. When it returns, the version holds.</param>
/// <param name="Read">
/// The version found after a power cut, which must be whole: 0 where there is none yet. Is told the last one that was written,
/// for what looks the same in two versions.
/// </param>
/// <param name="Setup">What is there before; all of it holds.</param>
internal sealed record DurableWriter(
    string Name, string[] Sources, int Versions, Action<IFileLayer, int> Write, Func<IFileLayer, int, int> Read, Action<IFileLayer>? Setup = null)
{
    public const UnixFileMode Open = (UnixFileMode)0x1ED; // 0755

    /// <summary>The next version is written after every so many states: what a cut leaves is in nobody's way.</summary>
    private const int EveryState = 7;

    public override string ToString() => Name;

    /// <summary>Cuts the power after every operation; each state is exactly the last version or the next one.</summary>
    /// <returns>How many states were looked at.</returns>
    public int Check()
    {
        var states = 0;
        return CrashReplay.Check<int>(
            (layer, written) =>
            {
                for (var version = 1; version <= Versions; version++)
                {
                    Write(layer, version);
                    written(version);
                }
            },
            (layer, written) =>
            {
                var last = written.Count == 0 ? 0 : written[^1];
                var found = Read(layer, last);
                Assert.InRange(found, last, last + 1);
                if (states++ % EveryState == 0)
                {
                    Write(layer, found + 1);
                    Assert.Equal(found + 1, Read(layer, found + 1));
                }
            },
            new CrashOptions(Setup: layer =>
            {
                layer.EnsureDirectory("/state", Open);
                Setup?.Invoke(layer);
            }));
    }

    /// <summary>A text that tells its version, of another length each time, over several blocks of a disk.</summary>
    public static string Text(int version) =>
        string.Create(CultureInfo.InvariantCulture, $"{version}:") + new string((char)('a' + (version % 26)), 200 + (version * 397 % 1500));

    /// <summary>The version of a text that must be whole; 0 for none.</summary>
    public static int VersionOf(byte[]? bytes)
    {
        if (bytes is null)
        {
            return 0;
        }

        var text = Encoding.UTF8.GetString(bytes);
        var version = int.Parse(text[..Math.Max(1, text.IndexOf(':', StringComparison.Ordinal))], CultureInfo.InvariantCulture);
        Assert.Equal(Text(version), text);
        return version;
    }
}
