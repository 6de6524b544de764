using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Running;

/// <summary>The program itself, and what its devices said on the way up.</summary>
public sealed class DeviceValuesTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private TestControlPlane _plane = null!;
    private AgentOnDisk _agent = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Folder => $"{_agent.State}/values/oven-1";

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
    public async Task What_waited_for_the_control_plane_when_the_agent_ended_arrives_after_its_next_start_and_goes_when_the_device_does()
    {
        _plane.Publish(Bundle.Of([Oven]));
        _agent.Start();
        await Eventually.BecomesTrue(() => !_plane.Values.IsEmpty, Limit, Cancel);
        await _plane.GoAwayAsync();
        await Eventually.BecomesTrue(() => OnDisk().Except(_plane.Values).Any(), Limit, Cancel); // what arrived lies there for a moment, too
        Assert.Contains("KiB of values wait to go up", (await _agent.AskAsync("status")).Output, StringComparison.Ordinal);
        Assert.Equal(0, await _agent.TerminateAsync());

        var waited = OnDisk();
        Assert.NotEmpty(waited.Except(_plane.Values));
        await _plane.ComeBackAsync();
        _agent.Start();

        await Eventually.BecomesTrue(() => waited.IsSubsetOf(_plane.Values), Limit, Cancel);
        _plane.Publish(Bundle.Of([]));
        await Eventually.BecomesTrue(() => !Directory.Exists(Folder), Limit, Cancel);
        Assert.DoesNotContain("of values wait", (await _agent.AskAsync("status")).Output, StringComparison.Ordinal);
        Assert.Equal(_plane.Values.Distinct().Count(), _plane.Values.Select(line => line[..line.IndexOf("device", StringComparison.Ordinal)]).Distinct().Count());
    }

    private static Unit Oven => new("oven-1", new DeviceSpec
    {
        Protocol = DeviceProtocol.Simulated,
        Connection = new DeviceConnection { Seed = 7 },
        Properties =
        [
            new DeviceProperty
            {
                Name = "temperature",
                Type = DeviceValueType.Float64,
                PollMs = 50,
                Simulate = new SimulatedSource { Initial = new DeviceValue.Number(70), Noise = 5 },
                Upstream = new ReportRule { Deadband = 0 },
            },
        ],
    });

    /// <summary>The lines that lie on the node's disk.</summary>
    private HashSet<string> OnDisk()
    {
        HashSet<string> lines = [];
        foreach (var file in Directory.Exists(Folder) ? Directory.EnumerateFiles(Folder, "*.log") : [])
        {
            using var copy = new TempDirectory(); // opening a log cuts what is not whole
            File.Copy(file, copy["log"]);
            foreach (var record in DurableLog.Open(DiskFileLayer.Host, copy["log"], 1 << 20).Records)
            {
                lines.UnionWith(Encoding.UTF8.GetString(record.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        return lines;
    }
}
