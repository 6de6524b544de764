using GitOps.Agent.Containers;
using GitOps.Agent.Host.Containers;
using GitOps.Agent.Host.Store;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Tests.Faults;

/// <summary>What is kept of groups of containers besides what the engine has: records, files of volumes, images pulled.</summary>
internal static class ContainerWriting
{
    private const string Folder = "/state/containers";
    private const string Unit = "shop";

    public static void WriteRecord(IFileLayer layer, int version) => Records(layer).NoteRun(Unit, "app", new RunRecord("key", 1, version, DurableWriter.Text(version), 1));

    public static int ReadRecord(IFileLayer layer, int last)
    {
        var run = Records(layer).Read(Unit).Runs.GetValueOrDefault("app");
        Assert.Equal(run is null ? "" : DurableWriter.Text(run.Restarts), run?.KernelBootId ?? "");
        return run?.Restarts ?? 0;
    }

    public static void WriteImages(IFileLayer layer, int version) =>
        new ImageRecords(layer, "/state/images.json").Write([.. Enumerable.Range(1, version).Select(ImageOf)]);

    public static int ReadImages(IFileLayer layer, int last)
    {
        var pulled = new ImageRecords(layer, "/state/images.json").Pulled;
        Assert.Equal([.. Enumerable.Range(1, pulled.Count).Select(ImageOf).Order(StringComparer.Ordinal)], pulled.Order(StringComparer.Ordinal));
        return pulled.Count;
    }

    /// <summary>As the steps do it: placed under their digest; then, when the group is made anew, the old ones go.</summary>
    public static void PlaceFiles(IFileLayer layer, int version)
    {
        var (folders, group) = (Folders(layer), GroupOf(version));
        Assert.Null(folders.Place(Unit, group, GroupKey.OfFiles(group)!.Value));
        folders.BeginAnew(Unit, group);
    }

    /// <summary>Whatever has the name of a digest is whole; of two that are there, a group uses its own.</summary>
    public static int ReadFiles(IFileLayer layer, int last)
    {
        for (var version = last + 1; version > 0; version--)
        {
            if (Folders(layer).CurrentFiles(Unit, GroupOf(version)) is { } digest)
            {
                var folder = Folders(layer).FilesOf(Unit, digest, "conf");
                Assert.Equal(version, DurableWriter.VersionOf(layer.Read($"{folder}/deep/settings", 10_000)));
                Assert.Equal(version, DurableWriter.VersionOf(layer.Read($"{folder}/run", 10_000)));
                return version;
            }
        }

        return 0;
    }

    private static GroupRecords Records(IFileLayer layer)
    {
        layer.EnsureDirectory(Folder, DurableWriter.Open);
        return new(layer, Folder);
    }

    private static GroupFolders Folders(IFileLayer layer) =>
        new(layer, "/state/units", new ContentResolver(layer, new LocalBlobs(layer, "/state/blobs")));

    private static ContainerGroupSpec GroupOf(int version) => new()
    {
        Containers = [new ContainerSpec("app") { Image = ImageOf(1) }],
        Volumes =
        [
            new GroupVolume("conf")
            {
                Files =
                [
                    new UnitFile("deep/settings", [new ContentPart.Text(DurableWriter.Text(version))]),
                    new UnitFile("run", [new ContentPart.Text(DurableWriter.Text(version))]) { Mode = "0755" },
                ],
            },
        ],
    };

    private static string ImageOf(int version) => $"registry.example/app@{Digest.Of(System.Text.Encoding.UTF8.GetBytes(DurableWriter.Text(version)))}";
}
