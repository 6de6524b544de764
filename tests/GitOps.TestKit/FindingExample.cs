using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace GitOps.TestKit;

/// <summary>
/// What people see when they read about a code: a file of <c>docs/findings</c> with the smallest repository in which it is found,
/// and what they are told. <c>-- PATH --</c> begins a file, <c>-- PATH, N times --</c> says that the lines up to the next one are
/// repeated, the same path again goes on with a file, and <c>-- findings --</c> begins what is said. Beside it lies
/// <c>fleet.yaml</c> of the same folder, unless the example has its own or is one of what Git holds and no folder can.
/// </summary>
public sealed partial class FindingExample
{
    private const string Findings = "findings";
    private readonly string _file;
    private readonly byte[] _bytes;

    private FindingExample(string file)
    {
        _file = file;
        _bytes = File.ReadAllBytes(file);
        // Each byte is one character here, because an example may hold bytes that are no text.
        var parts = Marker().Split(Encoding.Latin1.GetString(_bytes));
        Parts = [.. Enumerable.Range(0, parts.Length / 3).Select(i => Part.Of(parts[(3 * i) + 1], parts[(3 * i) + 2], parts[(3 * i) + 3]))];
    }

    /// <summary>The folder of all examples.</summary>
    public static string Folder { get; } = Path.Combine(Repository(), "docs", "findings");

    /// <summary>Codes that have an example, in order.</summary>
    public static IReadOnlyList<string> Codes { get; } =
        [.. Directory.EnumerateFiles(Folder, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    public string Code => Path.GetFileNameWithoutExtension(_file);

    /// <summary>What is to be said, as it stands in the file.</summary>
    public string Said => Encoding.UTF8.GetString(Assert.Single(Parts, part => part.Path == Findings).Bytes);

    /// <summary>The files as they are written in the example.</summary>
    public IEnumerable<Part> Written => Parts.Where(part => part.Path != Findings);

    /// <summary>The files as they lie in the repository, without the fleet.yaml beside them.</summary>
    public IReadOnlyList<(string Path, byte[] Bytes)> Files =>
        [.. Written.GroupBy(part => part.Path).Select(file => (file.Key, file.SelectMany(part => part.Repeated()).ToArray()))];

    private IReadOnlyList<Part> Parts { get; }

    public static FindingExample Of(string code) => new(Path.Combine(Folder, code + ".txt"));

    /// <summary>Fails when something else is said; <c>UPDATE_GOLDEN=1</c> writes it into the example instead.</summary>
    public void Verify(string said)
    {
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            var text = Encoding.Latin1.GetString(_bytes);
            var input = text[..text.IndexOf($"-- {Findings} --\n", StringComparison.Ordinal)];
            File.WriteAllBytes(_file, [.. Encoding.Latin1.GetBytes(input), .. Encoding.UTF8.GetBytes($"-- {Findings} --\n{said}")]);
            return;
        }

        Assert.True(Said == said, $"{_file} differs (- example, + now; UPDATE_GOLDEN=1 rewrites it):\n{TextDiff.Between(Said, said)}");
    }

    [GeneratedRegex(@"^-- (.+?)((?:, [0-9]+ times)?) --\n", RegexOptions.Multiline)]
    private static partial Regex Marker();

    private static string Repository([CallerFilePath] string here = "")
    {
        var folder = Path.GetDirectoryName(here);
        while (folder is not null && !File.Exists(Path.Combine(folder, "GitOps.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"no GitOps.sln above {here}");
    }

    /// <summary>Lines of a file, and how often they stand in it.</summary>
    public sealed record Part(string Path, byte[] Bytes, int Times)
    {
        public IEnumerable<byte> Repeated() => Enumerable.Repeat(Bytes, Times).SelectMany(bytes => bytes);

        internal static Part Of(string path, string times, string text) => new(
            Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(path)),
            Encoding.Latin1.GetBytes(text),
            times.Length == 0 ? 1 : int.Parse(times.AsSpan(", ".Length, times.Length - ",  times".Length), CultureInfo.InvariantCulture));
    }
}
