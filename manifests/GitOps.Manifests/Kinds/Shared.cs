namespace GitOps.Manifests.Kinds;

/// <summary>
/// What must be ready first: <c>kind/name</c> of a unit, or <c>clock</c> alone for the TimeSync the node has
/// (<paramref name="Name"/> is then null). Kinds are those of units: file, workload, volume, sync, clock, device.
/// </summary>
public sealed record Requirement(string Kind, string? Name)
{
    public override string ToString() => Name is null ? Kind : $"{Kind}/{Name}";
}

/// <summary>The node or site keeps what it has until this is taken out again.</summary>
public sealed record Suspension(string Reason);

/// <summary>Where a file's content comes from.</summary>
public abstract record ContentSource
{
    private ContentSource() { } // closed: every case is in this file

    /// <summary>Text in the manifest; a template where it holds <c>{{</c>.</summary>
    public sealed record Inline(string Text) : ContentSource;

    /// <summary>
    /// A file of the repository; a template only when its name ends in <c>.sbn</c>. <paramref name="Written"/> is what
    /// the manifest says, relative to the manifest; <paramref name="Path"/> is relative to the repository's root.
    /// </summary>
    public sealed record Source(string Written, string Path) : ContentSource
    {
        public bool IsTemplate => Path.EndsWith(".sbn", StringComparison.Ordinal);
    }
}
