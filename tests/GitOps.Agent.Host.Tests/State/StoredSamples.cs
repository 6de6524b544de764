using System.Runtime.CompilerServices;

namespace GitOps.Agent.Host.Tests.State;

/// <summary>
/// Documents on disk as releases wrote them, kept in <c>tests/wire</c>, which only grows. <c>UPDATE_GOLDEN=1</c> writes one
/// that is missing, never another.
/// </summary>
internal static class StoredSamples
{
    /// <param name="today">As this release writes it.</param>
    public static List<byte[]> Of(string name, byte[] today)
    {
        var first = Path.Combine(Folder(), "v1", $"{name}.json");
        if (!File.Exists(first) && Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllBytes(first, today);
        }

        List<byte[]> samples = [.. Directory.EnumerateFiles(Folder(), $"{name}*.json", SearchOption.AllDirectories).Select(File.ReadAllBytes)];
        Assert.NotEmpty(samples);
        return samples;
    }

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder(), "v1", name));

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "wire");
}
