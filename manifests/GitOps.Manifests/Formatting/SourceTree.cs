using System.Collections.Immutable;

namespace GitOps.Manifests.Formatting;

/// <summary>Where the parts of a YAML document stand. Lines and columns count from 0; a last line is part of it.</summary>
internal abstract record SourceTree(int Line, int Column, int LastLine)
{
    /// <summary>Kept as it is written, shifted with what holds it: scalars in quotes or without, flow collections, aliases.</summary>
    public sealed record Verbatim(int Line, int Column, int LastLine) : SourceTree(Line, Column, LastLine)
    {
        public bool IsEmpty { get; init; }
    }

    /// <summary>Literal or folded text. Its lines keep their blanks, and with <paramref name="KeepsEnd"/> those after it too.</summary>
    public sealed record Block(int Line, int Column, int LastLine, bool KeepsEnd) : SourceTree(Line, Column, LastLine);

    /// <summary>One item per dash.</summary>
    public sealed record List(int Line, int Column, int LastLine, ImmutableArray<SourceEntry> Items) : SourceTree(Line, Column, LastLine);

    /// <summary>One entry per key.</summary>
    public sealed record Fields(int Line, int Column, int LastLine, ImmutableArray<SourceEntry> Entries) : SourceTree(Line, Column, LastLine);
}

/// <summary>A key or a dash, and what it holds.</summary>
internal sealed record SourceEntry(int Line, int Column, string Key, SourceTree Value)
{
    public int LastLine => Math.Max(Line, Value.LastLine);
}

/// <summary>One document: its root, and the lines between its separators.</summary>
internal sealed record SourceDocument(int FirstLine, SourceTree Root, bool KeepsOrder);
