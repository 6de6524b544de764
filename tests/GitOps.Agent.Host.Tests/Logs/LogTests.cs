using System.Text;
using GitOps.Agent.Host.Logs;
using GitOps.Agent.Host.Processes;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Logs;

public sealed class LogTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Path => _folder["logs/web/log"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "eight\n")]
    [InlineData(3, "six\nseven\neight\n")]
    [InlineData(100, "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n")]
    public async Task The_last_lines_are_found_across_rotated_files(int lines, string expected)
    {
        using (var log = new RotatedLog(Path, 13, 10))
        {
            foreach (var word in new[] { "one", "two", "three", "four", "five", "six", "seven", "eight" })
            {
                log.Write(Encoding.UTF8.GetBytes(word + "\n"));
            }
        }

        Assert.True(File.Exists(Path + ".2"));
        Assert.Equal(expected, await ReadAsync(new LogQuery(lines, Follow: false)));
    }

    [Fact]
    public async Task A_line_without_an_end_is_a_line()
    {
        using (var log = new RotatedLog(Path, 1000, 2))
        {
            log.Write("one\ntwo"u8);
        }

        Assert.Equal("two", await ReadAsync(new LogQuery(1, Follow: false)));
    }

    [Fact]
    public async Task There_is_nothing_to_read_where_nothing_was_printed() => Assert.Equal("", await ReadAsync(new LogQuery(10, Follow: true)));

    [Fact]
    public async Task Whoever_follows_slowly_misses_nothing_that_was_moved_on_twice_meanwhile()
    {
        using var log = new RotatedLog(Path, 6, 50);
        log.Write("begin\n"u8);
        await using var reading = LogFollower.ReadAsync(Path, new LogQuery(10, Follow: true), TimeProvider.System, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await reading.MoveNextAsync());
        var text = new StringBuilder(Encoding.UTF8.GetString(reading.Current.Span));
        var expected = new StringBuilder("begin\n");
        for (var i = 10; i < 20; i++) // each is a file of its own
        {
            var line = $"no {i}\n";
            log.Write(Encoding.UTF8.GetBytes(line));
            expected.Append(line);
        }

        while (text.Length < expected.Length && await reading.MoveNextAsync())
        {
            text.Append(Encoding.UTF8.GetString(reading.Current.Span));
        }

        Assert.Equal(expected.ToString(), text.ToString());
    }

    [Fact]
    public async Task Whoever_follows_sees_every_line_through_rotations()
    {
        using var log = new RotatedLog(Path, 60, 50);
        log.Write("begin\n"u8);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var text = new StringBuilder();
        var reading = Task.Run(async () =>
        {
            await foreach (var piece in LogFollower.ReadAsync(Path, new LogQuery(10, Follow: true), TimeProvider.System, stop.Token))
            {
                lock (text)
                {
                    text.Append(Encoding.UTF8.GetString(piece.Span));
                }
            }
        }, Cancel);
        var expected = new StringBuilder("begin\n");
        for (var i = 0; i < 40; i++)
        {
            // Each is seen before the next is written: two rotations at once may pass by, which the log's size is there for.
            await Seen(expected.ToString());
            log.Write(Encoding.UTF8.GetBytes($"line {i}\n"));
            expected.Append(System.Globalization.CultureInfo.InvariantCulture, $"line {i}\n");
        }

        await Seen(expected.ToString());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        Task Seen(string all) => Eventually.BecomesTrue(() =>
        {
            lock (text)
            {
                return text.ToString() == all;
            }
        }, TimeSpan.FromSeconds(30), Cancel);
    }

    private async Task<string> ReadAsync(LogQuery query)
    {
        using var all = new MemoryStream();
        await foreach (var piece in LogFollower.ReadAsync(Path, query, TimeProvider.System, Cancel))
        {
            all.Write(piece.Span);
        }

        return Encoding.UTF8.GetString(all.ToArray());
    }
}
