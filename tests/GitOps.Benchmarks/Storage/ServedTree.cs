using System.Globalization;
using System.Security.Cryptography;

namespace GitOps.Benchmarks.Storage;

/// <summary>Files of one size with contents that cannot be guessed; each seed gives others.</summary>
internal sealed record ServedTree(int Files, long FileBytes)
{
    private const int PerFolder = 100;

    public long Bytes => Files * FileBytes;

    /// <summary>Writes it; what was there before is gone.</summary>
    /// <returns>The name of one of its files, which no other seed gives.</returns>
    public string Write(string root, int seed)
    {
        if (Directory.Exists(root))
        {
            foreach (var folder in Directory.EnumerateDirectories(root))
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        var (random, written) = (new Random(seed), "");
        var buffer = new byte[Math.Min(FileBytes, 4 << 20)];
        for (var i = 0; i < Files; i++)
        {
            var folder = Directory.CreateDirectory(string.Create(CultureInfo.InvariantCulture, $"{root}/{i / PerFolder:000}")).FullName;
            using var file = File.Create(string.Create(CultureInfo.InvariantCulture, $"{folder}/{i:00000}-{Files}-{seed}"));
            written = Path.GetRelativePath(root, file.Name);
            for (var left = FileBytes; left > 0; left -= buffer.Length)
            {
                random.NextBytes(buffer);
                file.Write(buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)));
            }
        }

        return written;
    }

    /// <summary>Whether two directories hold the same files with the same contents.</summary>
    public static bool IsSame(string one, string other)
    {
        var names = Names(one);
        return names.SequenceEqual(Names(other)) && names.All(name => Hash($"{one}/{name}").AsSpan().SequenceEqual(Hash($"{other}/{name}")));
    }

    private static List<string> Names(string root) =>
        [.. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, file)).Order(StringComparer.Ordinal)];

    private static byte[] Hash(string path)
    {
        using var file = File.OpenRead(path);
        return SHA256.HashData(file);
    }
}
