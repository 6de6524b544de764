using System.Text;
using GitOps.Agent.Devices;
using GitOps.Agent.Host.Configuration;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Links;
using GitOps.Agent.Storage.Syncing;
using GitOps.Agent.TimeSync;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.TestKit.Files;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.Agent.Host.Tests.State;

/// <summary>What an agent remembers of devices, syncs and its link, and what people write for it, is read by every later one.</summary>
public sealed class MemorySampleTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 30, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_was_remembered_of_a_device_is_read()
    {
        var memory = new DeviceMemory()
            .With(new PropertyMemory("open", Digest.Of([1]), MemoryStage.Applied) { Before = new DeviceValue.Boolean(true) })
            .With(new PropertyMemory("setpoint", Digest.Of([2]), MemoryStage.Written) { Before = new DeviceValue.Number(70.5m) })
            .With(new PropertyMemory("title", Digest.Of([3]), MemoryStage.Writing) { Before = new DeviceValue.Text("1") }) with
        {
            Sightings = [new VersionSighting("title", Digest.Of([3]), new Moment(new BootTime("boot", TimeSpan.FromSeconds(90)), At, ClockTrusted: true))],
        };
        Assert.All(StoredSamples.Of("agent-device", DeviceMemoryJson.Write(memory)), sample => Assert.Equal(memory, DeviceMemoryJson.TryRead(sample)));
        Assert.All(StoredSamples.Of("agent-device-sightings", DeviceMemoryJson.Write(memory)), sample => Assert.Equal(memory, DeviceMemoryJson.TryRead(sample)));
    }

    [Fact]
    public void Which_alarms_of_a_device_were_active_is_read()
    {
        var moment = new Moment(new BootTime("boot", TimeSpan.FromSeconds(90)), At, ClockTrusted: true);
        var alarms = new AlarmMemory(
        [
            new KeptAlarm("hot", moment, new DeviceValue.Number(91.5m)), new KeptAlarm("open", moment, new DeviceValue.Boolean(true)),
            new KeptAlarm("stopped", moment, new DeviceValue.Text("fault")),
        ]);
        Assert.All(StoredSamples.Of("agent-alarms", alarms.Write()), sample => Assert.Equal(alarms, AlarmMemory.TryRead(sample)));
    }

    [Fact]
    public void What_was_remembered_of_a_sync_is_read()
    {
        var counts = new SyncCounts(1, 20, 10, 0);
        EquatableArray<SyncedFile> files = [new SyncedFile(new TreeFile("a/b.csv", 20, At), At.AddSeconds(1))];
        var memory = new SyncMemory
        {
            Since = At,
            LastTry = At.AddHours(1),
            LastSuccess = At.AddHours(1),
            Counts = counts,
            Place = "push: data/, s3 here",
            Files = files,
            Pending = new PendingTree(17, files, counts, At.AddHours(2)),
        };
        Assert.All(StoredSamples.Of("agent-sync", SyncMemoryJson.Write(memory)), sample => Assert.Equal(memory, SyncMemoryJson.TryRead(sample)));
    }

    [Fact]
    public void How_the_clock_was_is_read_again()
    {
        var history = new ClockHistory([new ClockSample(At, -12_000, 3_250_000), new ClockSample(At.AddMinutes(5), null, null)]);
        Assert.All(StoredSamples.Of("agent-clock-history", ClockHistoryJson.Write(history)), sample => Assert.Equal(history, ClockHistoryJson.TryRead(sample)));
    }

    [Fact]
    public void What_was_fetched_over_a_metered_link_is_counted_on()
    {
        var (layer, time) = (new MemoryFileLayer(), new FakeTimeProvider(At));
        layer.EnsureDirectory("/state", AtomicFile.Private);
        var policy = new LinkPolicy { Budget = new DownloadBudget(1000, 30) };
        new LinkLedger(layer, "/state/link.json", policy, time).Under(null).Count(900);
        Assert.All(StoredSamples.Of("agent-link", layer.Read("/state/link.json", 1000)!), sample =>
        {
            AtomicFile.Write(layer, "/state/link.json", sample);
            var link = new LinkLedger(layer, "/state/link.json", policy, time).Under(null);
            Assert.IsType<LinkVerdict.Open>(link.Ask(50));
            Assert.IsType<LinkVerdict.Held>(link.Ask(200));
        });
    }

    [Fact]
    public void What_a_person_wrote_for_an_earlier_agent_is_read()
    {
        var config = Encoding.UTF8.GetBytes("""
            { "format": 1, "fleet": "3f0c6f4e-6f5e-4c7e-9b5e-0d2f5a0c1e11", "node": "press-1", "server": "https://host:8443", // the plant's
              "broker": "mqtts://host:8883", "localBroker": "mqtt://127.0.0.1:1883", "stateDirectory": "/var/lib/gitops-agent", "pollMs": 300000,
              "commitDeadlineMs": 300000, "trialMs": 120000, "volumeGraceMs": 86400000, "clock": "measureOnly",
              "downloadWindows": "22:00-05:00, 12:00-13:00", "downloadBudgetBytes": 500000000, "downloadBudgetDays": 30,
              "containerEngine": "none", "registryLogins": "/etc/gitops-agent/logins.json", "imageReserveBytes": 1073741824 }
            """);
        var policy = Encoding.UTF8.GetBytes("""
            { "format": 1, "paths": ["/srv", "/opt"], "users": ["web"], "exec": ["/usr/bin"],
              "devices": { "hosts": ["*"], "serial": ["/dev/ttyUSB*"], "writable": ["plc-1/*"] }, // nothing else
              "containers": { "images": ["registry.example/*"], "users": ["*"], "hostPaths": ["/srv"], "capabilities": ["NET_RAW"], "devices": ["/dev/null"],
                              "privileged": true, "hostNetwork": true, "hostPid": true, "seccompUnconfined": true },
              "agentUpdate": false }
            """);
        foreach (var (agent, allowed) in StoredSamples.Of("agent-config", config).SelectMany(agent => StoredSamples.Of("agent-policy", policy).Select(allowed => (agent, allowed))))
        {
            var layer = new MemoryFileLayer();
            layer.EnsureDirectory("/id", AtomicFile.Private);
            AtomicFile.Write(layer, "/id/agent.json", agent);
            AtomicFile.Write(layer, "/id/policy.json", allowed);
            AtomicFile.Write(layer, "/id/root.json", StoredSamples.Read("root.json"));
            var (read, problems) = AgentConfig.Load(layer, "/id", new Dictionary<string, string?>(), _ => null);
            Assert.Empty(problems);
            Assert.Equal(("press-1", 2, 500_000_000L), (read!.Node, read.Link.Windows.Count, read.Link.Budget!.Bytes));
            Assert.Equal((true, false), (read.Policy.Containers.HostPid, read.Policy.AgentUpdate));
        }
    }
}
