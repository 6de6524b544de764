using System.IO.Compression;
using System.Text;
using GitOps.Agent.Secrets;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Running;

/// <summary>The real program with a key of its own, and secrets that come beside the bundle.</summary>
public sealed class SealedSecretTests : IAsyncLifetime
{
    private const string Password = $"correct horse {RunLog.Marker}";
    private static readonly Digest Version = Digest.Of("ciphertext"u8);
    private readonly AgeIdentity _key = AgeIdentity.Generate();
    private TestControlPlane _plane = null!;
    private AgentOnDisk _agent = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _plane = await TestControlPlane.StartAsync();
        _agent = new AgentOnDisk(_plane);
        Place(_key);
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _plane.DisposeAsync();
    }

    [Fact]
    public async Task What_is_sealed_to_the_node_is_filled_in_and_told_nowhere_and_is_there_without_a_network()
    {
        _plane.Seal(_key.Recipient, Version, Json);
        Publish("one");
        _agent.Start();
        await _agent.ConvergedAsync(1);
        Assert.Equal($"one {Password}", await File.ReadAllTextAsync(Conf, Cancel));
        await Eventually.BecomesTrue(() => _agent.ReadLog("web").Contains("ready", StringComparison.Ordinal), TimeSpan.FromSeconds(60), Cancel);

        // Says what status, plan, why, history and doctor do, and ends of logs; packed, so that it is looked into here.
        var support = $"{_agent.Managed}/support.tar.gz";
        Assert.Equal(0, (await _agent.AskAsync("support-bundle", support)).ExitCode);
        await using (var packed = new GZipStream(File.OpenRead(support), CompressionMode.Decompress))
        using (var all = new StreamReader(packed, Encoding.Latin1))
        {
            NotIn(await all.ReadToEndAsync(Cancel), "the support bundle");
        }

        await _agent.TerminateAsync();
        NotIn(_agent.Log, "the log");
        NotIn(string.Concat(_plane.Reports.Select(report => Encoding.UTF8.GetString(ReportJson.Write(report)))), "reports");
        foreach (var path in Directory.EnumerateFiles(_agent.State, "*", SearchOption.AllDirectories))
        {
            // What a shim runs holds its environment, and is closed to everybody else; what a process prints is its own; locks are held.
            if (path.EndsWith("/web/log", StringComparison.Ordinal) || path.EndsWith(".lock", StringComparison.Ordinal))
            {
                continue;
            }

            if (path.EndsWith(".order.json", StringComparison.Ordinal))
            {
                Assert.Equal(AtomicFile.Private, DiskFileLayer.Host.Stat(path)!.Mode);
            }
            else if (DiskFileLayer.Host.Stat(path) is { Kind: FileKind.File })
            {
                NotIn(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path, Cancel)), path);
            }
        }

        await _plane.GoAwayAsync();
        File.Delete(Conf);
        _agent.Start();
        await Eventually.BecomesTrue(() => File.Exists(Conf), TimeSpan.FromSeconds(60), Cancel);
        Assert.Equal($"one {Password}", await File.ReadAllTextAsync(Conf, Cancel));
    }

    [Fact]
    public async Task The_node_waits_with_what_it_has_until_its_secrets_come_for_it_and_its_key()
    {
        _plane.Seal(_key.Recipient, Version, Json);
        Publish("one");
        _agent.Start();
        await _agent.ConvergedAsync(1);

        var next = Digest.Of("another ciphertext"u8);
        Publish("two", next);
        await HeldAsync(SecretCodes.NotHere);
        _plane.Seal(AgeIdentity.Generate().Recipient, next, Json);
        await HeldAsync(SecretCodes.ForAnotherKey);
        _plane.Seal(_key.Recipient, next, Json, node: "press-2");
        await HeldAsync(SecretCodes.NotTrusted);
        Assert.Equal($"one {Password}", await File.ReadAllTextAsync(Conf, Cancel));
        _plane.Seal(_key.Recipient, next, "{\"password\":\"next\"}");
        await _agent.ConvergedAsync(2);
        Assert.Equal("two next", await File.ReadAllTextAsync(Conf, Cancel));
    }

    [Fact]
    public async Task A_node_that_lost_its_key_keeps_what_it_has_and_goes_on_with_a_new_one()
    {
        _plane.Seal(_key.Recipient, Version, Json);
        Publish("one");
        _agent.Start();
        await _agent.ConvergedAsync(1);
        File.Delete($"{_agent.Identity}/seal.key");
        Publish("two");
        await HeldAsync(SecretCodes.NoKey);
        Assert.Equal($"one {Password}", await File.ReadAllTextAsync(Conf, Cancel));

        var renewed = AgeIdentity.Generate();
        Place(renewed);
        _plane.Seal(renewed.Recipient, Version, Json);
        await _agent.ConvergedAsync(2);
        Assert.Equal($"two {Password}", await File.ReadAllTextAsync(Conf, Cancel));
    }

    private static string Json => $$"""{"password":"{{Password}}"}""";

    private string Conf => $"{_agent.Managed}/conf";

    private void Place(AgeIdentity key)
    {
        File.WriteAllText($"{_agent.Identity}/seal.key", key.ToSecretText() + "\n");
        DiskFileLayer.Host.SetMode($"{_agent.Identity}/seal.key", AtomicFile.Private);
    }

    private void Publish(string text, Digest? version = null)
    {
        ContentPart hole = new ContentPart.Secret("db", "password", version ?? Version, null);
        var web = RunningUnits.Process("web", "echo \"ready $PASSWORD\"; exec sleep 1000");
        var process = ((WorkloadSpec)web.Spec).Process!;
        _plane.Publish(Bundle.Of(
        [
            web with { Spec = new WorkloadSpec { Process = process with { Env = [new EnvironmentVariable("PASSWORD", [hole])] } } },
            new Unit("conf", new FileSpec { Path = Conf, Content = [new ContentPart.Text($"{text} "), hole], Mode = "0600" }),
        ]));
    }

    /// <summary>Nothing of it is held against the bundle.</summary>
    private Task HeldAsync(ErrorCode code) => _agent.UntilAsync(report =>
        report.Phase == NodePhase.Waiting && report.Quarantined.IsEmpty &&
        report.Conditions.Any(condition => condition.Type == "Staged" && condition.Reason == code.Id));

    private static void NotIn(string text, string name)
    {
        Assert.False(text.Contains(Password, StringComparison.Ordinal), $"{name} has the password");
        Assert.False(text.Contains("AGE-SECRET-KEY", StringComparison.Ordinal), $"{name} has the key");
    }
}
