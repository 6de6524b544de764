using GitOps.EndToEnd.Tests.Fleet;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.EndToEnd.Tests;

/// <summary>The programs as whoever cloned the repository meets them.</summary>
public sealed class ProgramTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Examples { get; } =
        [.. Directory.EnumerateDirectories(Path.Combine(Programs.Repository, "examples")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Every_example_is_valid_as_it_stands(string example)
    {
        var result = await Running.RunAsync([Programs.GitOps, "validate", Path.Combine(Programs.Repository, "examples", example)], Cancellation);

        Assert.True(result.Succeeded, $"gitops validate ended with {result.ExitCode}: {result.Output}{result.Error}");
        Assert.Contains("0 errors, 0 warnings", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("--faults")]
    [InlineData("--secure")]
    public async Task The_demo_succeeds_and_leaves_nothing_behind(params string[] options)
    {
        using var directory = new TempDirectory();
        var command = new Command([Programs.GitOps, "demo", "--agent", Programs.Agent, .. options])
        {
            Environment = new Dictionary<string, string?> { ["TMPDIR"] = directory.Path },
            Deadline = TimeSpan.FromMinutes(5),
        };

        var result = await new CommandRunner(TimeProvider.System).RunAsync(command, Cancellation);

        Assert.True(result.Succeeded, $"gitops demo ended with {result.ExitCode}: {result.Output}{result.Error}");
        Assert.Empty(Running.Below(directory.Path));
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path, "gitops*"));
    }
}
