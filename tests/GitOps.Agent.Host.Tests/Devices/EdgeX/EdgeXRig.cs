using System.Text.Json.Nodes;
using GitOps.Agent.Host.Devices.EdgeX;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Planning;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.TestKit.EdgeX;

namespace GitOps.Agent.Host.Tests.Devices.EdgeX;

/// <summary>The agent's part for an EdgeX, and what a bundle says of it.</summary>
internal sealed class EdgeXRig : IAsyncDisposable
{
    public const string Mark = "gitops:press-1/hall";

    public EdgeXRig() => (Kind, Driver, Runner) = Start();

    public IUnitKind Kind { get; private set; }

    public EdgeXDriver Driver { get; private set; }

    public UnitRunner Runner { get; private set; }

    public static JsonObject Profile(string name, params string[] resources) => new()
    {
        ["name"] = name,
        ["manufacturer"] = "ACME",
        ["labels"] = new JsonArray("modbus"),
        ["deviceResources"] = new JsonArray([.. resources.Select(resource => new JsonObject
        {
            ["name"] = resource,
            ["attributes"] = new JsonObject { ["primaryTable"] = "HOLDING_REGISTERS", ["startingAddress"] = 1 },
            ["properties"] = new JsonObject { ["valueType"] = "float32", ["readWrite"] = "RW", ["maximum"] = 90 },
        })]),
    };

    public static JsonObject Device(string name, string profile, string? source = null)
    {
        var device = new JsonObject
        {
            ["name"] = name,
            ["serviceName"] = "device-modbus",
            ["profileName"] = profile,
            ["protocols"] = new JsonObject { ["modbus-tcp"] = new JsonObject { ["Address"] = "10.0.0.5", ["UnitID"] = 1, ["Timeout"] = 5 } },
        };
        if (source is not null)
        {
            device["autoEvents"] = new JsonArray(new JsonObject { ["interval"] = "10s", ["sourceName"] = source });
        }

        return device;
    }

    public static JsonObject Watcher(string name, string profile) => new()
    {
        ["name"] = name,
        ["serviceName"] = "device-modbus",
        ["adminState"] = "UNLOCKED",
        ["identifiers"] = new JsonObject { ["Address"] = "10\\.0\\.0\\..*" },
        ["discoveredDevice"] = new JsonObject { ["profileName"] = profile, ["adminState"] = "UNLOCKED" },
    };

    public static Unit Unit(EdgeXDouble edgeX, IEnumerable<JsonObject> profiles, IEnumerable<JsonObject> devices, params IEnumerable<JsonObject> watchers) =>
        Unit(edgeX.Url, profiles, devices, watchers);

    public static Unit Unit(string url, IEnumerable<JsonObject> profiles, IEnumerable<JsonObject> devices, params IEnumerable<JsonObject> watchers)
    {
        var objects = new JsonObject
        {
            ["devices"] = new JsonArray([.. devices.Select(one => one.DeepClone())]),
            ["profiles"] = new JsonArray([.. profiles.Select(one => one.DeepClone())]),
            ["watchers"] = new JsonArray([.. watchers.Select(one => one.DeepClone())]),
        };
        return new Unit("hall", new EdgeXSpec { Url = url, Objects = [new ContentPart.Text(objects.ToJsonString())] });
    }

    /// <summary>One that has a device service, as any that runs.</summary>
    public static async Task<EdgeXDouble> ServeAsync(string version = "4.0.2")
    {
        var edgeX = await EdgeXDouble.StartAsync(version, TestContext.Current.CancellationToken);
        edgeX.Metadata.AddService("device-modbus");
        return edgeX;
    }

    public async Task RestartAsync()
    {
        await Driver.DisposeAsync();
        (Kind, Driver, Runner) = Start();
    }

    public ValueTask DisposeAsync() => Driver.DisposeAsync();

    private static (IUnitKind Kind, EdgeXDriver Driver, UnitRunner Runner) Start()
    {
        var contents = new ContentResolver(DiskFileLayer.Host, new LocalBlobs(DiskFileLayer.Host, "/nonexistent"));
        var (kind, driver) = EdgeXUnits.Create("press-1", contents.Resolve, TimeProvider.System, new Random(7));
        return (kind, driver, new UnitRunner(kind));
    }
}
