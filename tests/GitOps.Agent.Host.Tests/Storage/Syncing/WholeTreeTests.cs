using GitOps.Agent.Host.Processes;
using GitOps.Bundles.Units;
using GitOps.Platform.Processes;
using GitOps.TestKit.Storage;

namespace GitOps.Agent.Host.Tests.Storage.Syncing;

/// <summary>Readers see whole trees, whatever is killed.</summary>
public sealed class WholeTreeTests
{
    private const int Kills = 100;
    private const int Files = 8;

    [Fact]
    public async Task Rclone_killed_at_a_hundred_random_moments_never_shows_readers_half_a_tree()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var server = await TestWebDav.StartAsync(SyncRig.Stop);
        await using var rig = new SyncRig();
        await PublishAsync(server, 0);
        var spec = SyncRig.Pull(new SyncRemote { Kind = RemoteKind.WebDav, Url = server.Url, User = TestWebDav.User, Password = rig.Secret("password", TestWebDav.Password) });
        await rig.UntilReadyAsync(spec);

        using var done = new CancellationTokenSource();
        var reading = ReadAsync(rig.Folder, done.Token);
        var killed = 0;
        for (var version = 1; killed < Kills; version++)
        {
            Assert.True(version < Kills * 10, "rclone is hardly ever there to be killed");
            await PublishAsync(server, version);
            var run = rig.RunAsync();
            await Task.Delay(random.Next(350), SyncRig.Stop);
            foreach (var pid in ProcessTable.FindMarked(rig.Mark))
            {
                ProcessTable.Signal(pid, "SIGKILL");
                killed++;
            }

            await run;
        }

        await rig.RunAsync();
        await done.CancelAsync();
        var seen = await reading;
        Assert.True(seen.Count > 1, $"readers saw versions [{string.Join(", ", seen)}] (seed {seed})");
        var last = Assert.Single(SyncRig.Tree(rig.Folder).Select(file => file.Split('=')[1]).Distinct());
        Assert.Equal(Assert.Single(SyncRig.Tree(server.Root).Select(file => file.Split('=')[1]).Distinct()), last);
    }

    /// <summary>A whole new tree, put in the place of the one before by one rename: what is read is one version or the other.</summary>
    private static async Task PublishAsync(TestWebDav server, int version)
    {
        for (var i = 0; i < Files; i++)
        {
            var path = $"{server.Root}/{(i % 2 == 0 ? "" : "sub/")}{i}";
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, $"version {version}\n", SyncRig.Stop);
        }
    }

    /// <summary>Enters the folder again and again and reads all of it from inside, as a program does that wants one tree.</summary>
    private static async Task<HashSet<string>> ReadAsync(string folder, CancellationToken done)
    {
        HashSet<string> seen = [];
        var commands = new CommandRunner(TimeProvider.System);
        while (!done.IsCancellationRequested)
        {
            var result = await commands.RunAsync(new Command(["sh", "-c", "cat * sub/* 2>/dev/null | sort | uniq -c"]) { WorkingDirectory = folder }, SyncRig.Stop);
            var line = result.Output.Trim();
            Assert.StartsWith($"{Files} version ", line, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', line);
            seen.Add(line);
        }

        return seen;
    }
}
