using System.Diagnostics;
using GitOps.TestKit;

namespace GitOps.Architecture.Tests;

/// <summary>What <c>./test</c> looks through its logs with finds what it should.</summary>
public sealed class LeakTests : IDisposable
{
    private const string Token = "get1_AAgQGCAoMDhASFBYYGhweICIkJigqLC4wMjQ2ODo8Pg";
    private readonly TempDirectory _folder = new();

    public static TheoryData<string, string, string> Leaks { get; } = new()
    {
        { "agent-press-1", $"password={RunLog.Marker} battery", "a secret of a test" },
        { "gitops-status", "-----BEGIN " + "EC PRIVATE KEY-----", "a private key" },
        { "gitops-status", "-----BEGIN " + "PRIVATE KEY-----", "a private key" },
        { "gitops-diff", "AGE-SECRET-KEY-" + "1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33", "a key of age" },
        { "gitops-serve", Token, "an enrolment token" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Leaks))]
    public async Task A_secret_in_a_log_is_found_by_file_and_line_and_not_said(string program, string text, string kind)
    {
        await File.WriteAllTextAsync(_folder[$"{program}.17.log"], $"first line\nat {text} end\n", TestContext.Current.CancellationToken);
        Assert.Equal((1, $"{_folder[$"{program}.17.log"]}:2: {kind}\n"), await RunAsync());
    }

    [Fact]
    public async Task What_is_printed_on_purpose_is_not_one()
    {
        await File.WriteAllTextAsync(_folder["gitops-enroll-create.17.log"], Token, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder["gitops-agent-logs-web.17.log"], $"a workload says {RunLog.Marker}", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder["gitops-serve.17.log"], "token get1_… of press-1 is used; PRIVATE KEY", TestContext.Current.CancellationToken);
        Assert.Equal((0, ""), await RunAsync());
    }

    private async Task<(int, string)> RunAsync()
    {
        using var process = Process.Start(new ProcessStartInfo($"{Repository.Root}/tests/leaks", [_folder.Path]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }
}
