using GitOps.Agent.Host.Storage.Backups;
using GitOps.Agent.Host.Storage.Syncing;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Tests.Faults;

/// <summary>A sync publishes a tree of two files that changed and one that stays.</summary>
internal static class SyncWriting
{
    private const string Volume = "/state/volume";
    private static readonly string[] Changing = ["a", "sub/b"];

    public static void Publish(IFileLayer layer, int version)
    {
        layer.EnsureDirectory(Volume, DurableWriter.Open);
        var folders = Folders(layer);
        folders.Prepare("boot");
        foreach (var path in version == 1 ? [.. Changing, "kept"] : Changing)
        {
            layer.EnsureDirectory(FilePath.Parent($"{folders.Fetched}/{path}"), DurableWriter.Open);
            layer.UnlinkIfThere($"{folders.Fetched}/{path}");
            layer.CreateFile($"{folders.Fetched}/{path}", DurableWriter.Text(path == "kept" ? 1 : version) is var text ? System.Text.Encoding.UTF8.GetBytes(text) : [], AtomicFile.Readable);
        }

        var fetched = folders.Scan(folders.Fetched).Files.Where(f => version == 1 || f.Path != "kept"); // a cut may have left it there
        var kept = folders.Scan($"{Volume}/recipes").Files.Where(f => f.Path == "kept");
        Assert.NotNull(folders.Build(new PullPlan([.. fetched], [.. kept], [], false)));
        folders.Publish();
        folders.Tidy();
    }

    /// <summary>At every moment a whole tree of one version, or none before the first.</summary>
    public static int Read(IFileLayer layer, int last)
    {
        if (layer.Stat($"{Volume}/recipes") is null)
        {
            return 0;
        }

        Assert.Equal([.. Changing, "kept"], ((string[])[.. Changing, "kept"]).Where(p => layer.Stat($"{Volume}/recipes/{p}") is not null));
        var versions = Changing.Select(p => DurableWriter.VersionOf(layer.Read($"{Volume}/recipes/{p}", 10_000))).Distinct();
        Assert.Equal(1, DurableWriter.VersionOf(layer.Read($"{Volume}/recipes/kept", 10_000)));
        return Assert.Single(versions);
    }

    /// <summary>What restic would make, and its way to the place where readers look.</summary>
    public static void Restore(IFileLayer layer, int version)
    {
        layer.EnsureDirectory(Volume, DurableWriter.Open);
        var job = Job();
        new SyncFolders(layer, job, "recipes").MakeOwn();
        var tree = RestoreTree.InPlace(layer, job, "recipes", null);
        tree.Begin();
        foreach (var path in Changing)
        {
            layer.EnsureDirectory(FilePath.Parent($"{tree.Made}/{path}"), DurableWriter.Open);
            layer.CreateFile($"{tree.Made}/{path}", System.Text.Encoding.UTF8.GetBytes(DurableWriter.Text(version)), AtomicFile.Readable);
        }

        tree.Publish(null, Volume, DateTimeOffset.UnixEpoch.AddDays(version));
    }

    /// <summary>Every tree in sight is whole and of one version.</summary>
    public static int ReadRestored(IFileLayer layer, int last)
    {
        if (layer.Stat(Volume) is null)
        {
            return 0;
        }

        var seen = 0;
        foreach (var name in layer.Enumerate(Volume).Where(n => n.StartsWith("recipes", StringComparison.Ordinal)))
        {
            var version = Assert.Single(Changing.Select(p => DurableWriter.VersionOf(layer.Read($"{Volume}/{name}/{p}", 10_000))).Distinct());
            seen = name == "recipes" ? version : seen;
        }

        return seen;
    }

    private static SyncJob Job() => new(
        new SyncSpec { Volume = "data", Folder = "recipes", Mode = SyncMode.Backup, Remote = new SyncRemote { Kind = RemoteKind.Local }, EveryMs = 1, TimeLimitMs = 1 }, Volume, null, null);

    private static SyncFolders Folders(IFileLayer layer)
    {
        var spec = new SyncSpec { Volume = "data", Folder = "recipes", Mode = SyncMode.Pull, Remote = new SyncRemote { Kind = RemoteKind.Local }, EveryMs = 1, TimeLimitMs = 1 };
        return new SyncFolders(layer, new SyncJob(spec, Volume, null, null), "recipes");
    }
}
