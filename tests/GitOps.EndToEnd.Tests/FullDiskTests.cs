using GitOps.Agent;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.TestKit.Files;

namespace GitOps.EndToEnd.Tests;

/// <summary>The disk of a node is full, to the last byte, and then there is room again.</summary>
public sealed class FullDiskTests
{
    private const string Node = "press-1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("needs", "e2fsprogs")]
    public async Task On_a_full_disk_everything_goes_on_and_the_news_waits_until_there_is_room()
    {
        await using var disk = await LoopDisk.MountAsync("ext4", Cancellation);
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var revision = await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{disk.Path}/root")), Things("one"));
        var node = await fleet.EnrolAsync(Node, home: disk.Path);
        node.Start(pollMs: 100);
        await fleet.ConvergedAsync(revision);
        var steady = node.ProcessOf("steady");

        Fill($"{disk.Path}/ballast");
        var hold = await node.AskAsync(["hold", "file/motd", "--for", "1s", "--reason", "to be noted"], Cancellation);
        Assert.Equal(0, hold.ExitCode);
        await fleet.UntilAsync(() => HasProblemAsync(fleet, "StateKept"), "it says that its state is not on disk");
        revision = fleet.Git.CommitAndPush("next", Things("two"));
        await fleet.UntilAsync(() => HasProblemAsync(fleet, "Staged"), "it says that there is no room for the news");
        await node.KillAsync();
        node.Start(pollMs: 100);
        await fleet.UntilAsync(() => HasProblemAsync(fleet, "Staged"), "a restarted agent says so, too");
        Assert.Equal(("one", steady), (node.Read("motd"), node.ProcessOf("steady")));

        File.Delete($"{disk.Path}/ballast");
        await fleet.ConvergedAsync(revision);
        Assert.Equal(("two", steady), (node.Read("motd"), node.ProcessOf("steady")));
        await fleet.WasNeverToldAsync(Node, AgentCodes.Bug, AgentCodes.StateLost, AgentCodes.StateFellBack, AgentCodes.Unhealthy);
    }

    private static (string Path, string Content) Things(string word) => ("things.yaml", Yaml.Sleeper("steady") + Yaml.File("motd", word));

    private static async Task<bool> HasProblemAsync(TestFleet fleet, string condition) =>
        await fleet.ReportAsync(Node) is { } report && report.Conditions.Any(c => c.Type == condition && c.Status == "False");

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        for (var piece = new byte[1 << 20]; piece.Length > 0; piece = piece[..(piece.Length / 2)])
        {
            try
            {
                while (true)
                {
                    file.Write(piece);
                    file.Flush(flushToDisk: true);
                }
            }
            catch (IOException)
            {
                // Full for a piece of this size.
            }
        }
    }
}
