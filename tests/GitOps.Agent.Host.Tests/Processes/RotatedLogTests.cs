using System.Text;
using GitOps.Agent.Host.Processes;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Processes;

public sealed class RotatedLogTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    private string Path => _folder["logs/log"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_log_never_holds_more_than_its_files_of_its_size_and_keeps_the_newest()
    {
        using (var log = new RotatedLog(Path, maxBytes: 10, files: 3))
        {
            for (var i = 0; i < 100; i++)
            {
                log.Write(Encoding.ASCII.GetBytes($"{i:00}\n"));
            }
        }

        Assert.Equal(["log", "log.1", "log.2"], Directory.EnumerateFiles(_folder["logs"]).Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(Directory.EnumerateFiles(_folder["logs"]), file => Assert.InRange(new FileInfo(file).Length, 1, 10));
        var text = File.ReadAllText($"{Path}.2") + File.ReadAllText($"{Path}.1") + File.ReadAllText(Path);
        Assert.EndsWith("97\n98\n99\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_longer_than_a_file_is_spread_over_several_and_no_byte_of_it_is_lost()
    {
        using (var log = new RotatedLog(Path, maxBytes: 4, files: 4))
        {
            log.Write("0123456789"u8);
        }

        Assert.Equal(("0123", "4567", "89"), (File.ReadAllText($"{Path}.2"), File.ReadAllText($"{Path}.1"), File.ReadAllText(Path)));
    }

    [Fact]
    public void A_later_run_adds_to_what_is_there()
    {
        foreach (var word in new[] { "one\n", "two\n" })
        {
            using var log = new RotatedLog(Path, maxBytes: 100, files: 2);
            log.Write(Encoding.ASCII.GetBytes(word));
        }

        Assert.Equal("one\ntwo\n", File.ReadAllText(Path));
    }

    [Fact]
    public void One_file_is_begun_anew_when_it_is_full()
    {
        using (var log = new RotatedLog(Path, maxBytes: 4, files: 1))
        {
            log.Write("01234567"u8);
            log.Write("89"u8);
        }

        Assert.Equal(["log"], Directory.EnumerateFiles(_folder["logs"]).Select(System.IO.Path.GetFileName));
        Assert.Equal("89", File.ReadAllText(Path));
    }
}
