using System.Globalization;
using System.Text;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.Platform.Tests.Processes;

public sealed class CommandRunnerTests
{
    private readonly CommandRunner _runner = new(TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Output_error_and_exit_code_come_back()
    {
        var result = await _runner.RunAsync(["sh", "-c", "echo out; echo err >&2; exit 3"], Cancellation);
        Assert.Equal((3, "out\n", "err\n", false, false), (result.ExitCode, result.Output, result.Error, result.TimedOut, result.WasKilled));
        Assert.False(result.Succeeded);
    }

    [Fact]
    public async Task An_argument_stays_one_argument_whatever_is_in_it()
    {
        var result = await _runner.RunAsync(["printf", "%s|%s", "a b; $(id)", ""], Cancellation);
        Assert.Equal("a b; $(id)|", result.Output);
    }

    [Fact]
    public async Task A_missing_program_is_a_result()
    {
        var result = await _runner.RunAsync(["no-such-program-here"], Cancellation);
        Assert.Equal(127, result.ExitCode);
        Assert.Contains("no-such-program-here", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_is_no_input_to_wait_for() =>
        Assert.Equal("end", (await _runner.RunAsync(["sh", "-c", "cat; printf end"], Cancellation)).Output);

    [Fact]
    public async Task The_environment_is_as_asked()
    {
        var command = new Command(["sh", "-c", "echo $HOME-$A"])
        {
            InheritsEnvironment = false,
            Environment = new Dictionary<string, string?> { ["A"] = "b" },
        };
        Assert.Equal("-b\n", (await _runner.RunAsync(command, Cancellation)).Output);
    }

    [Fact]
    public async Task Lines_of_standard_error_are_told_also_those_beyond_the_limit()
    {
        List<string> lines = [];
        var command = new Command(["sh", "-c", "echo one >&2; echo two >&2; printf half >&2"]) { OutputLimitBytes = 5, ErrorLine = lines.Add };
        var result = await _runner.RunAsync(command, Cancellation);
        Assert.Equal(["one", "two"], lines);
        Assert.Equal("one\nt", result.Error);
    }

    [Fact]
    public async Task Output_beyond_the_limit_is_dropped_and_told()
    {
        var command = new Command(["sh", "-c", "head -c 500000 /dev/zero"]) { OutputLimitBytes = 1000 };
        var result = await _runner.RunAsync(command, Cancellation);
        Assert.Equal((0, 1000, true), (result.ExitCode, result.Output.Length, result.IsCut));
    }

    [Fact]
    public async Task At_the_deadline_all_it_started_is_killed()
    {
        // The grandchild ignores the hang-up and would outlive a kill of its parent alone.
        var command = new Command(["sh", "-c", "(trap '' HUP; sleep 600) & echo $!; wait"]) { Deadline = TimeSpan.FromMilliseconds(500) };
        var result = await _runner.RunAsync(command, Cancellation);
        Assert.True(result.TimedOut);
        Assert.True(result.WasKilled);
        await IsGone(result.Output);
    }

    [Fact]
    public async Task Cancellation_kills_and_throws()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var pid = new TaskCompletionSource<string>();
        var running = _runner.RunAsync(
            new Command(["sh", "-c", "sleep 600 & echo $!; wait"])
            {
                Consume = async (pipe, token) => pid.TrySetResult((await new StreamReader(pipe).ReadLineAsync(token))!),
            },
            cancel.Token);
        var child = await pid.Task;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await IsGone(child);
    }

    [Fact]
    public async Task A_child_left_holding_the_pipe_does_not_hold_the_caller()
    {
        var result = await _runner.RunAsync(["sh", "-c", "sleep 600 & echo $!"], Cancellation);
        Assert.Equal(0, result.ExitCode);
        await IsGone(result.Output);
    }

    [Fact]
    public async Task Output_can_be_consumed_as_it_comes()
    {
        var length = 0L;
        var command = new Command(["head", "-c", "5000000", "/dev/zero"])
        {
            Consume = async (pipe, token) =>
            {
                var buffer = new byte[10_000];
                int read;
                while ((read = await pipe.ReadAsync(buffer, token)) > 0)
                {
                    length += read;
                }
            },
        };
        Assert.True((await _runner.RunAsync(command, Cancellation)).Succeeded);
        Assert.Equal(5_000_000, length);
    }

    [Fact]
    public async Task A_consumer_that_fails_ends_the_program()
    {
        var command = new Command(["sh", "-c", "echo $$; sleep 600"])
        {
            Consume = async (pipe, token) =>
            {
                throw new InvalidDataException(await new StreamReader(pipe).ReadLineAsync(token));
            },
        };
        var failure = await Assert.ThrowsAsync<InvalidDataException>(() => _runner.RunAsync(command, Cancellation));
        await IsGone(failure.Message);
    }

    [Fact]
    public async Task A_long_process_answers_and_disposing_ends_it()
    {
        int id;
        await using (var process = LongProcess.Start(new Command(["cat"]))!)
        {
            id = process.Id;
            for (var i = 0; i < 3; i++)
            {
                await process.Input.WriteAsync(Encoding.UTF8.GetBytes($"line {i}\n"), Cancellation);
                await process.Input.FlushAsync(Cancellation);
                var answer = new byte[7];
                await process.Output.ReadExactlyAsync(answer, Cancellation);
                Assert.Equal($"line {i}\n", Encoding.UTF8.GetString(answer));
            }

            Assert.False(process.HasExited);
        }

        await IsGone(id.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_long_process_tells_how_it_ended()
    {
        await using var process = LongProcess.Start(new Command(["sh", "-c", "echo why >&2; exit 4"]))!;
        Assert.Equal(4, await process.WaitForExitAsync(Cancellation));
        await Eventually.BecomesTrue(() => process.Error == "why\n", cancellationToken: Cancellation);
        Assert.Null(LongProcess.Start(new Command(["no-such-program-here"])));
    }

    /// <summary>A killed orphan may be a zombie until its new parent looks; it runs no more.</summary>
    private static Task IsGone(string pid) => Eventually.BecomesTrue(
        () =>
        {
            try
            {
                return File.ReadAllText($"/proc/{pid.Trim()}/stat").Contains(") Z ", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return true;
            }
        },
        cancellationToken: Cancellation);
}
