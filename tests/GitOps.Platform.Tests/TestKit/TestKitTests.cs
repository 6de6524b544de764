using System.Diagnostics;
using System.Net.Sockets;
using GitOps.Platform.Sockets;
using GitOps.TestKit;
using GitOps.TestKit.Git;
using GitOps.TestKit.Net;

namespace GitOps.Platform.Tests.TestKit;

public sealed class TestKitTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_diff_shows_what_changed_and_a_little_around_it()
    {
        var old = string.Join('\n', Enumerable.Range(1, 20));
        var now = old.Replace("\n10\n", "\nten\n", StringComparison.Ordinal) + "\n21";
        Assert.Equal("  7\n  8\n  9\n- 10\n+ ten\n  11\n  12\n  13\n  …\n  18\n  19\n  20\n+ 21", TextDiff.Between(old, now));
    }

    [Fact]
    public void A_golden_that_differs_fails_with_the_diff()
    {
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Assert.Skip("goldens are being rewritten");
        }

        var failure = Assert.ThrowsAny<Exception>(() => Golden.Verify("configuration/problems.txt", "other"));
        Assert.Contains("+ other", failure.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(() => Golden.Verify("configuration/none.txt", "x"));
    }

    [Fact]
    public async Task A_condition_that_never_holds_fails_within_its_limit()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => Eventually.BecomesTrue(() => false, TimeSpan.FromMilliseconds(50), Cancellation));
        Assert.Contains("() => false", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_repository_has_ids_that_repeat_and_a_remote_that_follows()
    {
        using var git = new TestGit();
        using var same = new TestGit();
        var first = git.CommitAndPush("first", ("a/b.yaml", "one"));
        Assert.Equal(first, same.CommitAndPush("first", ("a/b.yaml", "one")));
        var second = git.CommitAndPush("second", ("a/b.yaml", "two"));
        Assert.Equal(second, RemoteHead(git));
        git.Reset(first);
        git.Push(force: true);
        Assert.Equal(first, RemoteHead(git));
        git.Switch("topic", create: true);
        git.CommitAndPush("third", ("c", "three"));
        git.Tag("v1");
        Assert.Contains("refs/tags/v1", git.Git("ls-remote", git.RemoteUrl), StringComparison.Ordinal);
        Assert.Contains("refs/heads/topic", git.Git("ls-remote", git.RemoteUrl), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_network_refuses_cuts_and_falls_silent()
    {
        await using var server = TcpServer.Listen(new(System.Net.IPAddress.Loopback, 0), 10, (stream, token) => stream.CopyToAsync(stream, token));
        await using var proxy = new FaultProxy(server.Endpoint.Port);
        using (var client = new TcpClient("127.0.0.1", proxy.Port))
        {
            Assert.Equal(1, await EchoAsync(client));
            proxy.IsSilent = true;
            using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            await client.GetStream().WriteAsync(new byte[] { 2 }, Cancellation);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetStream().ReadAsync(new byte[1], limit.Token).AsTask());
            proxy.IsSilent = false;
            proxy.CutAfter(1);
            await Assert.ThrowsAnyAsync<IOException>(() => EchoAsync(client));
        }

        proxy.CutAfter(long.MaxValue);
        proxy.Refuses = true;
        using (var refused = new TcpClient("127.0.0.1", proxy.Port))
        {
            await Assert.ThrowsAnyAsync<IOException>(() => EchoAsync(refused));
        }

        proxy.Refuses = false;
        proxy.Delay = TimeSpan.FromMilliseconds(50);
        using var slow = new TcpClient("127.0.0.1", proxy.Port);
        var watch = Stopwatch.StartNew();
        Assert.Equal(1, await EchoAsync(slow));
        Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(90), $"came back after {watch.Elapsed}"); // a lower bound: load cannot break it
    }

    private static async Task<int> EchoAsync(TcpClient client)
    {
        var answer = new byte[1];
        await client.GetStream().WriteAsync(new byte[] { 1 }, Cancellation);
        await client.GetStream().ReadExactlyAsync(answer, Cancellation);
        return answer[0];
    }

    private static string RemoteHead(TestGit git) => git.Git("ls-remote", git.RemoteUrl, "refs/heads/main").Split('\t')[0];
}
