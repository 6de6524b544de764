using System.Text;
using GitOps.Agent.Host.Devices.Upstream;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Tests.Faults;

/// <summary>Values, line by line, each sent three later; some are long, so that there are several segments.</summary>
internal static class ValueWriting
{
    private const int Behind = 3;
    private const string Folder = "/state/values/plc";

    public static void Write(IFileLayer layer, int version)
    {
        var spool = new ValueSpool(layer, Folder);
        var text = DurableWriter.Text(version).ReplaceLineEndings(" ");
        Assert.True(spool.TryAppend(_ => Encoding.UTF8.GetBytes($"{version} {(version % 5 == 0 ? string.Concat(Enumerable.Repeat(text, 1 + (30_000 / text.Length))) : text)}\n"), new UpstreamBuffer()));
        while (spool.Oldest(100_000) is { } part && FirstOf(part.Lines) is var (first, length) && first <= version - Behind)
        {
            spool.Forget(part with { End = part.End - part.Lines.Length + length });
        }
    }

    /// <summary>What was not sent is there, in order and whole; what was may be there again.</summary>
    public static int Read(IFileLayer layer, int last)
    {
        // Segment by segment, since a spool forgets what is taken of it.
        List<int> found = [];
        foreach (var name in layer.Stat(Folder) is null ? [] : layer.Enumerate(Folder).Where(name => name.EndsWith(".log", StringComparison.Ordinal)))
        {
            var lines = DurableLog.Open(layer, $"{Folder}/{name}", 1 << 20).Records.Select(record => Encoding.UTF8.GetString(record.Span));
            found.AddRange(string.Concat(lines).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Whole));
        }

        Assert.Equal(found.Count == 0 ? null : found[0], new ValueSpool(layer, Folder).Oldest(100_000) is { } part ? FirstOf(part.Lines).First : null as int?);

        Assert.Equal(found.Order(), found);
        Assert.Superset(Enumerable.Range(Math.Max(1, last - Behind + 2), Math.Min(last, Behind - 1)).ToHashSet(), found.ToHashSet());
        return found.LastOrDefault();
    }

    private static (int First, int Length) FirstOf(ReadOnlyMemory<byte> lines)
    {
        var length = lines.Span.IndexOf((byte)'\n') + 1;
        return (Whole(Encoding.UTF8.GetString(lines.Span[..(length - 1)])), length);
    }

    private static int Whole(string line)
    {
        var version = int.Parse(line.AsSpan(0, line.IndexOf(' ', StringComparison.Ordinal)), System.Globalization.CultureInfo.InvariantCulture);
        Assert.StartsWith($"{version} {DurableWriter.Text(version).ReplaceLineEndings(" ")}", line, StringComparison.Ordinal);
        return version;
    }
}
