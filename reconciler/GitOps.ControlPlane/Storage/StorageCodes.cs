using GitOps.Bundles;

namespace GitOps.ControlPlane.Storage;

/// <summary>What can be wrong with the control plane's database: PUB080 to PUB089.</summary>
public static class StorageCodes
{
    public static readonly ErrorCode Unusable = new("PUB080", "the database cannot be used",
        "SQLite cannot open the file or it is damaged. Except tokens and audit, the database can be rebuilt from Git, the store and the nodes' reports.");

    public static readonly ErrorCode NewerSchema = new("PUB081", "the database was written by a newer release",
        "It holds schema scripts this release does not know; working with half a schema would damage it, so nothing starts.");

    public static readonly ErrorCode ChangedScript = new("PUB082", "a schema script differs from the one that was applied",
        "A released script never changes. Either the database comes from a modified build, or this build is modified.");

    public static IReadOnlyList<ErrorCode> All { get; } = [Unusable, NewerSchema, ChangedScript];
}
