namespace GitOps.TestKit.Files;

/// <summary>One recorded change, in terms of inodes, so that a replay does not depend on names that moved.</summary>
internal abstract record Effect(string What)
{
    /// <summary>Names set (or, with no inode, removed) together: a create, an unlink, both halves of a rename.</summary>
    public sealed record Naming(string What, IReadOnlyList<NameChange> Changes) : Effect(What);

    /// <summary>An inode's content or attributes became this.</summary>
    public sealed record Changed(string What, int Number, Inode Inode) : Effect(What);

    public sealed record FlushedFile(string What, int Number) : Effect(What);

    public sealed record FlushedDirectory(string What, int Number) : Effect(What);

    /// <summary>The scenario told somebody that something holds.</summary>
    public sealed record Acknowledged(string What, object? Value) : Effect(What);
}

internal readonly record struct NameChange(int Directory, string Name, int? Inode);
