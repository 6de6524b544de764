using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Running;

/// <summary>What a person at the machine asks, answered by the real program while its control plane is away.</summary>
public sealed class OperatorTests : IAsyncLifetime
{
    private const string Password = $"hunter2-and-more-{RunLog.Marker}";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private TestControlPlane _plane = null!;
    private AgentOnDisk _agent = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _plane = await TestControlPlane.StartAsync();
        _agent = new AgentOnDisk(_plane);
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _plane.DisposeAsync();
    }

    [Fact]
    public async Task Every_question_is_answered_with_the_cloud_away()
    {
        await ConvergeAsync();
        await _plane.GoAwayAsync();

        Assert.Contains("workload/web is ready", await OutputAsync("why", "workload/web"), StringComparison.Ordinal);
        Assert.Contains("file/conf.mode is \"0640\"", await OutputAsync("why", "file/conf.mode"), StringComparison.Ordinal);
        Assert.StartsWith("press-1 is converged", await OutputAsync("why"), StringComparison.Ordinal);
        using (var why = JsonDocument.Parse(await OutputAsync("why", "workload/web", "--output", "json")))
        {
            Assert.Contains("ready", why.RootElement.GetProperty("reason").GetProperty("says").GetString(), StringComparison.Ordinal);
        }

        using (var history = JsonDocument.Parse(await OutputAsync("history", "--output", "json")))
        {
            Assert.Equal("committed", history.RootElement.GetProperty("kept")[0].GetProperty("role").GetString());
            Assert.Equal(1, history.RootElement.GetProperty("entries")[0].GetProperty("generation").GetInt64());
        }

        Assert.Contains("generation 1 committed: every unit", await OutputAsync("history"), StringComparison.Ordinal);
        Assert.Contains("first", await OutputAsync("logs", "workload/web", "--lines", "5"), StringComparison.Ordinal);
        Assert.Equal((5, ""), await RefusedAsync("logs", "file/conf"));
        Assert.Equal((5, ""), await RefusedAsync("why", "workload/nobody"));
        Assert.Equal((2, ""), await RefusedAsync("logs", "web"));
    }

    [Fact]
    public async Task Logs_are_followed_until_whoever_asked_goes_away_and_are_there_without_an_agent()
    {
        _plane.Publish(Bundle.Of([RunningUnits.Process("web", "n=0; while :; do n=$((n+1)); echo line $n; sleep 0.1; done")]));
        _agent.Start();
        await _agent.ConvergedAsync(1);
        using var following = _agent.Ask("logs", "workload/web", "--follow", "--lines", "1");
        string? line = null;
        for (var i = 0; i < 20; i++)
        {
            line = await following.StandardOutput.ReadLineAsync(Cancel).AsTask().WaitAsync(Limit, Cancel);
        }

        Assert.StartsWith("line ", line, StringComparison.Ordinal);
        following.Kill();
        await following.WaitForExitAsync(Cancel);
        Assert.Equal(0, (await _agent.AskAsync("status")).ExitCode);
        await _agent.KillAsync();
        Assert.Contains("line 1\n", await OutputAsync("logs", "workload/web", "-n", "100000"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_doctor_says_what_is_well_what_is_not_and_what_helps()
    {
        await ConvergeAsync();
        var well = await _agent.AskAsync("doctor");
        Assert.True(well.ExitCode == 0, well.Output + well.Error);
        Assert.Contains("ok    store", well.Output, StringComparison.Ordinal);
        Assert.Contains("it runs, on generation 1", well.Output, StringComparison.Ordinal);

        await _plane.GoAwayAsync();
        await _agent.KillAsync();
        DiskFileLayer.Host.SetMode($"{_agent.Identity}/policy.json", (UnixFileMode)0x1B6); // 0666
        await File.WriteAllTextAsync($"{_agent.State}/state.0", "rubbish", Cancel);
        var ill = await _agent.AskAsync("doctor", "--output", "json");
        Assert.Equal(1, ill.ExitCode);
        using var json = JsonDocument.Parse(ill.Output);
        var checks = json.RootElement.GetProperty("checks").EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!);
        Assert.Equal("fail", checks["policy"].GetProperty("level").GetString());
        Assert.Contains("chmod go-w", checks["policy"].GetProperty("fix").GetString(), StringComparison.Ordinal);
        Assert.Equal("warn", checks["store"].GetProperty("level").GetString());
        Assert.Equal("warn", checks["state"].GetProperty("level").GetString());
        Assert.Equal("fail", checks["agent"].GetProperty("level").GetString());

        _agent.BreakPolicy();
        Assert.Contains("fail  configuration", (await _agent.AskAsync("doctor")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_support_bundle_has_what_helps_and_no_secret()
    {
        await ConvergeAsync();
        await Eventually.BecomesTrue(() => _agent.ReadLog("web").Contains("I was told", StringComparison.Ordinal), Limit, Cancel);
        var path = $"{_agent.Managed}/support.tar.gz";
        Assert.Equal($"{path}\n", await OutputAsync("support-bundle", path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, DiskFileLayer.Host.Stat(path)!.Mode);
        Assert.Equal(1, (await _agent.AskAsync("support-bundle", path)).ExitCode);

        var entries = await ReadAsync(path);
        Assert.Contains("first", entries["logs/web.log"], StringComparison.Ordinal);
        Assert.Contains("\"converged\"", entries["status.json"], StringComparison.Ordinal);
        Assert.Contains("ok    store", entries["doctor.txt"], StringComparison.Ordinal);
        Assert.Contains("committed", entries["history.json"], StringComparison.Ordinal);
        Assert.Contains("Linux", entries["machine/proc/version"], StringComparison.Ordinal);
        var key = await File.ReadAllLinesAsync($"{_agent.Identity}/node.key", Cancel);
        foreach (var (name, text) in entries)
        {
            Assert.False(text.Contains(Password, StringComparison.Ordinal), $"{name} has the password");
            Assert.False(text.Contains("written into Git", StringComparison.Ordinal), $"{name} has what a file says");
            Assert.False(text.Contains("PRIVATE KEY", StringComparison.Ordinal) || text.Contains(key[1], StringComparison.Ordinal), $"{name} has the key");
        }

        await _agent.KillAsync();
        var without = await ReadAsync((await OutputAsync("support-bundle", path + "2")).Trim());
        Assert.Equal("no agent answers\n", without["status.json"]);
        Assert.Contains("\"generation\": 1", without["history-on-disk.json"], StringComparison.Ordinal);
    }

    private async Task ConvergeAsync()
    {
        var secret = $"{_agent.Managed}/password";
        await File.WriteAllTextAsync(secret, Password + "\n", Cancel);
        var web = RunningUnits.Process("web", "echo first; echo \"I was told $PASSWORD\"; exec sleep 1000");
        var process = ((WorkloadSpec)web.Spec).Process!;
        ContentPart hole = new ContentPart.Secret("db", "password", Digest.Of([1]), secret);
        _plane.Publish(Bundle.Of(
        [
            web with { Spec = new WorkloadSpec { Process = process with { Env = [new EnvironmentVariable("PASSWORD", [hole])] } } },
            new Unit("conf", new FileSpec { Path = $"{_agent.Managed}/conf", Content = [new ContentPart.Text("written into Git: "), hole], Mode = "0640" }),
        ]));
        _agent.Start();
        await _agent.ConvergedAsync(1);
    }

    private static async Task<Dictionary<string, string>> ReadAsync(string path)
    {
        Dictionary<string, string> entries = [];
        await using var zip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        await using var tar = new TarReader(zip);
        while (await tar.GetNextEntryAsync(copyData: true, Cancel) is { } entry)
        {
            using var text = new StreamReader(entry.DataStream ?? Stream.Null);
            entries[entry.Name["gitops-agent-support/".Length..]] = await text.ReadToEndAsync(Cancel);
        }

        return entries;
    }

    private async Task<string> OutputAsync(params string[] arguments)
    {
        var result = await _agent.AskAsync(arguments);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', arguments)}: {result.ExitCode}\n{result.Output}{result.Error}");
        return result.Output;
    }

    private async Task<(int Code, string Output)> RefusedAsync(params string[] arguments)
    {
        var result = await _agent.AskAsync(arguments);
        Assert.NotEmpty(result.Error);
        return (result.ExitCode, result.ExitCode == 2 ? "" : result.Output);
    }
}
