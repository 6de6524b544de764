using System.Text;
using GitOps.Agent.Files;
using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.Files;

namespace GitOps.Agent.Host.Tests.Files;

public sealed class FileDriverTests
{
    private const UnixFileMode Open = (UnixFileMode)0x1ED;
    private static readonly PlanContext Context = new(default, ClockTrusted: true, TimeSpan.Zero);
    private static readonly FilePlanner Planner = new();

    [Fact]
    public async Task An_adopted_file_comes_back_with_its_content_and_mode_when_the_unit_goes()
    {
        var layer = Machine();
        layer.CreateFile("/srv/conf", "theirs"u8, (UnixFileMode)0x180);
        var unit = File("conf", "ours", adopt: true);
        await ConvergeAsync(layer, unit, null);
        Assert.Equal("ours", Text(layer, "/srv/conf"));
        await ConvergeAsync(layer, null, unit);
        Assert.Equal("theirs", Text(layer, "/srv/conf"));
        Assert.Equal((UnixFileMode)0x180, layer.Stat("/srv/conf")!.Mode);
    }

    [Fact]
    public async Task A_foreign_file_is_refused_and_left_as_it_is()
    {
        var layer = Machine();
        layer.CreateFile("/srv/conf", "theirs"u8, AtomicFile.Readable);
        var plan = Planner.Plan(File("conf", "ours"), null, await Driver(layer).ObserveAsync(File("conf", "ours"), TestContext.Current.CancellationToken), Context);
        Assert.Equal(AgentCodes.NotOwned.Id, Assert.IsType<UnitStatus.Refused>(plan.Status).Problem.Code);
        Assert.Empty(plan.Steps);
    }

    [Fact]
    public async Task A_unit_that_moves_its_file_leaves_nothing_at_the_old_path()
    {
        var layer = Machine();
        var old = new Unit("conf", new FileSpec { Path = "/srv/old/deep/conf", Content = [new ContentPart.Text("x")] });
        await ConvergeAsync(layer, old, null);
        await ConvergeAsync(layer, File("conf", "x"), old);
        Assert.Null(layer.Stat("/srv/old"));
        Assert.Equal("x", Text(layer, "/srv/conf"));
    }

    [Fact]
    public void After_a_power_cut_at_any_moment_the_file_is_old_or_new_and_the_original_is_never_lost()
    {
        var states = CrashReplay.Check(
            layer =>
            {
                ConvergeAsync(layer, File("conf", "ours", adopt: true), null).GetAwaiter().GetResult();
                ConvergeAsync(layer, null, File("conf", "ours", adopt: true)).GetAwaiter().GetResult();
            },
            layer =>
            {
                Assert.True(Text(layer, "/srv/conf") is "ours" or "theirs", Text(layer, "/srv/conf"));
                ConvergeAsync(layer, null, File("conf", "ours", adopt: true)).GetAwaiter().GetResult();
                Assert.Equal("theirs", Text(layer, "/srv/conf"));
            },
            new CrashOptions(Setup: layer =>
            {
                Prepare(layer);
                layer.CreateFile("/srv/conf", "theirs"u8, AtomicFile.Readable);
            }));
        Assert.True(states > 100, $"{states} states");
    }

    [Fact]
    public async Task A_link_that_leads_out_of_the_allowed_root_is_not_followed()
    {
        using var folder = new TempDirectory();
        Directory.CreateDirectory(folder["root"]);
        Directory.CreateDirectory(folder["secret"]);
        System.IO.File.CreateSymbolicLink(folder["root/way"], folder["secret"]);
        var contents = new ContentResolver(DiskFileLayer.Host, new LocalBlobs(DiskFileLayer.Host, folder["blobs"]));
        var driver = new FileDriver(
            DiskFileLayer.Host, new PolicyRoots(DiskFileLayer.Host, [folder["root"]], DiskFileLayer.Beneath),
            new FileRecords(DiskFileLayer.Host, folder["records"]), contents, new UserTable(DiskFileLayer.Host));
        var unit = new Unit("conf", new FileSpec { Path = folder["root/way/conf"], Content = [new ContentPart.Text("x")] });
        var outcome = await driver.ApplyAsync(
            unit, new FileStep.Write(folder["root/way/conf"], Digest.Of("x"u8), "0644") { Because = "test" }, TestContext.Current.CancellationToken);
        Assert.IsType<StepOutcome.Retry>(outcome);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["secret"]));
    }

    [Fact]
    public async Task Who_else_wrote_a_file_is_named_as_far_as_it_is_known()
    {
        using var folder = new TempDirectory();
        var path = folder["root/conf"];
        var driver = OnDisk(folder);
        var unit = new Unit("conf", new FileSpec { Path = path, Content = [new ContentPart.Text("x")] });
        await driver.ApplyAsync(unit, new FileStep.Write(path, Digest.Of("x"u8), "0644") { Because = "test" }, TestContext.Current.CancellationToken);
        Assert.Null((await driver.ObserveAsync(unit, TestContext.Current.CancellationToken)).Current?.Writer);

        await using var other = LongProcess.Start(new Command(["/bin/sh", "-c", $"exec 9>{path}; echo theirs >&9; echo written; exec sleep 1000"]))!;
        await other.Output.ReadExactlyAsync(new byte["written\n".Length], TestContext.Current.CancellationToken);
        var state = await driver.ObserveAsync(unit, TestContext.Current.CancellationToken);
        Assert.Contains($"sleep (process {other.Id}) has it open", state.Current?.Writer, StringComparison.Ordinal);
        var step = Assert.Single(Planner.Plan(unit, unit, state, Context).Steps);
        Assert.Contains("it was written at", step.Because, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_whose_record_is_gone_is_known_to_be_the_agents_and_noted_again()
    {
        var layer = Machine();
        await ConvergeAsync(layer, File("conf", "ours"), null);
        foreach (var record in layer.Enumerate("/state/files").ToList())
        {
            layer.Unlink($"/state/files/{record}");
        }

        await ConvergeAsync(layer, File("conf", "ours"), File("conf", "ours"));
        await ConvergeAsync(layer, null, File("conf", "ours"));
        Assert.Null(layer.Stat("/srv/conf"));
    }

    private static FileDriver OnDisk(TempDirectory folder)
    {
        Directory.CreateDirectory(folder["root"]);
        var host = DiskFileLayer.Host;
        return new FileDriver(host, new PolicyRoots(host, [folder["root"]], DiskFileLayer.Beneath), new FileRecords(host, folder["records"]),
            new ContentResolver(host, new LocalBlobs(host, folder["blobs"])), new UserTable(host));
    }

    [Fact]
    public async Task A_record_that_goes_while_the_agent_runs_is_noted_again()
    {
        var (layer, unit) = (Machine(), File("conf", "ours"));
        var driver = Driver(layer);
        Assert.Equal(1, await StepsAsync(driver, unit));
        Assert.Equal(0, await StepsAsync(driver, unit));
        foreach (var record in layer.Enumerate("/state/files").ToList())
        {
            layer.Unlink($"/state/files/{record}");
        }

        Assert.Equal(1, await StepsAsync(driver, unit));
        Assert.NotEmpty(layer.Enumerate("/state/files"));
        Assert.Equal(0, await StepsAsync(driver, unit));
    }

    [Fact]
    public async Task A_unit_that_moves_its_file_and_back_is_followed_by_one_driver()
    {
        var layer = Machine();
        var driver = Driver(layer);
        var (here, there) = (File("conf", "x"), new Unit("conf", new FileSpec { Path = "/srv/there", Content = [new ContentPart.Text("x")] }));
        foreach (var (unit, left) in new[] { (here, "/srv/there"), (there, "/srv/conf"), (here, "/srv/there") })
        {
            await StepsAsync(driver, unit);
            Assert.Equal(0, await StepsAsync(driver, unit));
            Assert.Null(layer.Stat(left));
        }
    }

    private static async Task<int> StepsAsync(FileDriver driver, Unit unit)
    {
        var plan = Planner.Plan(unit, unit, await driver.ObserveAsync(unit, TestContext.Current.CancellationToken), Context);
        foreach (var step in plan.Steps)
        {
            Assert.IsType<StepOutcome.Done>(await driver.ApplyAsync(unit, step, TestContext.Current.CancellationToken));
        }

        return plan.Steps.Length;
    }

    [Fact]
    public async Task What_cannot_be_looked_at_is_not_taken_for_removed()
    {
        using var folder = new TempDirectory();
        Directory.CreateDirectory(folder["root"]);
        var host = DiskFileLayer.Host;
        var driver = new FileDriver(host, new PolicyRoots(host, [folder["root"]], DiskFileLayer.Beneath), new FileRecords(host, folder["records"]),
            new ContentResolver(host, new LocalBlobs(host, folder["blobs"])), new UserTable(host));
        var unit = new Unit("conf", new FileSpec { Path = folder["root/way/conf"], Content = [new ContentPart.Text("x")] });
        await driver.ApplyAsync(
            unit, new FileStep.Write(folder["root/way/conf"], Digest.Of("x"u8), "0644") { Because = "test" }, TestContext.Current.CancellationToken);
        Directory.Move(folder["root/way"], folder["elsewhere"]);
        System.IO.File.CreateSymbolicLink(folder["root/way"], folder["elsewhere"]);

        var plan = Planner.PlanRemoval(unit, await driver.ObserveAsync(unit, TestContext.Current.CancellationToken), Context);
        var step = Assert.Single(plan.Steps);
        Assert.IsType<StepOutcome.Retry>(await driver.ApplyAsync(unit, step, TestContext.Current.CancellationToken));
        Assert.True(System.IO.File.Exists(folder["elsewhere/conf"]));
    }

    private static Unit File(string name, string text, bool adopt = false) =>
        new(name, new FileSpec { Path = $"/srv/{name}", Content = [new ContentPart.Text(text)], Adopt = adopt });

    private static MemoryFileLayer Machine()
    {
        var layer = new MemoryFileLayer();
        Prepare(layer);
        return layer;
    }

    private static void Prepare(IFileLayer layer)
    {
        layer.EnsureDirectory("/srv", Open);
        layer.EnsureDirectory("/state", Open);
    }

    private static FileDriver Driver(IFileLayer layer) => new(
        layer, new PolicyRoots(layer, ["/srv"], _ => layer), new FileRecords(layer, "/state/files"),
        new ContentResolver(layer, new LocalBlobs(layer, "/state/blobs")), new UserTable(layer));

    private static string Text(IFileLayer layer, string path) => Encoding.UTF8.GetString(layer.Read(path, 1000) ?? []);

    private static async Task ConvergeAsync(IFileLayer layer, Unit? desired, Unit? owned)
    {
        var driver = Driver(layer);
        var unit = desired ?? owned!;
        var observed = await driver.ObserveAsync(unit, default);
        var plan = desired is null ? Planner.PlanRemoval(owned!, observed, Context) : Planner.Plan(desired, owned, observed, Context);
        foreach (var step in plan.Steps)
        {
            Assert.IsType<StepOutcome.Done>(await driver.ApplyAsync(unit, step, default));
        }

        observed = await driver.ObserveAsync(unit, default);
        Assert.Empty((desired is null ? Planner.PlanRemoval(owned!, observed, Context) : Planner.Plan(desired, owned, observed, Context)).Steps);
    }
}
