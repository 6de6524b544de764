using GitOps.Bundles;

namespace GitOps.Agent.Files;

/// <summary>What a driver saw of one file unit.</summary>
public sealed record FileState
{
    /// <summary>The digest of what the unit's content amounts to on this node; null when a part of it is not here.</summary>
    public Digest? Desired { get; init; }

    /// <summary>Why the content, owner or group cannot be made yet.</summary>
    public Problem? Missing { get; init; }

    /// <summary>What is at the unit's path; null when nothing is.</summary>
    public FileSighting? Current { get; init; }

    /// <summary>Paths that the agent made for this unit, by its own records. More than one after a path changed half-way.</summary>
    public EquatableArray<string> Owned { get; init; }
}

/// <summary>Something at a path.</summary>
/// <param name="Digest">Null for what is no regular file.</param>
/// <param name="Mode">Four octal digits.</param>
public sealed record FileSighting(Digest? Digest, string Mode, string Owner, string Group)
{
    /// <summary>Who wrote it, where the agent did not write it so: in words, as far as the node can tell.</summary>
    public string? Writer { get; init; }
}

/// <summary>One change to files.</summary>
public abstract record FileStep : Planning.IPlanStep
{
    private FileStep() { } // closed: every case is in this file

    public required string Because { get; init; }

    public abstract string Describe();

    /// <summary>Puts the unit's content at its path, as one. What is foreign there is kept aside first.</summary>
    public sealed record Write(string Path, Digest Content, string Mode) : FileStep
    {
        public override string Describe() => $"write {Path} ({Mode}, {Content.Hex[..12]})";
    }

    /// <summary>Sets mode and owner; the content is right.</summary>
    public sealed record SetAttributes(string Path, string Mode, string? Owner, string? Group) : FileStep
    {
        public override string Describe() => $"set {Path} to {Mode}{(Owner ?? Group) switch { null => "", _ => $", {Owner}:{Group}" }}";
    }

    /// <summary>Notes again that the agent made the path; the file itself is as it should be.</summary>
    public sealed record Record(string Path) : FileStep
    {
        public override string Describe() => $"note that {Path} is the agent's";
    }

    /// <summary>Removes what the agent made at the path; what was there before it comes back.</summary>
    public sealed record Remove(string Path) : FileStep
    {
        public override string Describe() => $"remove {Path}, or put back what was there before";
    }
}
