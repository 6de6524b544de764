using GitOps.Agent.Files;
using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Planning;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Tests.Faults;

/// <summary>A file unit, version after version, by planner and driver as the loop uses them.</summary>
internal static class FileWriting
{
    public const string Path = "/state/conf";
    private static readonly PlanContext Context = new(default, ClockTrusted: true, TimeSpan.Zero);
    private static readonly FilePlanner Planner = new();

    public static Unit Unit(int version, bool adopt) => new("conf", new FileSpec
    {
        Path = Path,
        Content = [new ContentPart.Text(DurableWriter.Text(version))],
        Adopt = adopt,
    });

    public static void Converge(IFileLayer layer, Unit unit) => Run(layer, unit, state => Planner.Plan(unit, unit, state, Context));

    public static int Read(IFileLayer layer, int last) => DurableWriter.VersionOf(layer.Read(Path, 10_000));

    /// <summary>Every second version gives the file back: then what was there before is there again.</summary>
    public static void TakeOrGiveBack(IFileLayer layer, int version)
    {
        var unit = Unit(version, adopt: true);
        if (version % 2 == 1)
        {
            Converge(layer, unit);
        }
        else
        {
            Run(layer, unit, state => Planner.PlanRemoval(unit, state, Context));
        }
    }

    /// <summary>Ours or theirs and never nothing; while it is ours, that and theirs is known.</summary>
    public static int ReadTaken(IFileLayer layer, int last)
    {
        var bytes = layer.Read(Path, 10_000);
        Assert.NotNull(bytes);
        if (bytes.AsSpan().SequenceEqual("theirs"u8))
        {
            return last % 2 == 0 ? last : last + 1;
        }

        var record = new FileRecords(layer, "/state/files").Find(Path);
        Assert.NotNull(record?.Original);
        Assert.Equal("theirs"u8, new FileRecords(layer, "/state/files").ReadOriginal(Path, record.Original)!);
        return DurableWriter.VersionOf(bytes);
    }

    public static T Now<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    private static void Run(IFileLayer layer, Unit unit, Func<FileState, UnitPlan<FileStep>> plan)
    {
        var driver = new FileDriver(
            layer, new PolicyRoots(layer, ["/state"], _ => layer), new FileRecords(layer, "/state/files"),
            new ContentResolver(layer, new LocalBlobs(layer, "/state/blobs")), new UserTable(layer));
        foreach (var step in plan(Now(driver.ObserveAsync(unit, default))).Steps)
        {
            Assert.IsType<StepOutcome.Done>(Now(driver.ApplyAsync(unit, step, default)));
        }
    }
}
