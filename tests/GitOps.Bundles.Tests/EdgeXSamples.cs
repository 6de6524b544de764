using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

/// <summary>An EdgeX, and a device that it speaks with.</summary>
internal static class EdgeXSamples
{
    private static readonly HttpHeader Authorization = new("Authorization",
    [
        new ContentPart.Text("Bearer "), new ContentPart.Secret("edgex", "token", Digest.Of([1]), "/etc/gitops-agent/secrets/edgex/token"),
    ]);

    public static Bundle Bundle { get; } = Bundle.Of(
    [
        new Unit("hall", new EdgeXSpec
        {
            Url = "https://127.0.0.1:59881",
            Bus = "mqtt://127.0.0.1:1883",
            BusUser = "agent",
            BusPassword = [new ContentPart.Secret("edgex", "bus", Digest.Of([2]), File: null)],
            Authority = "-----BEGIN CERTIFICATE-----",
            Headers = [Authorization],
            Adopt = true,
            DeletionPolicy = DeletionPolicy.Retain,
            Objects = [new ContentPart.Text("""{"devices":[],"profiles":[{"name":"dryer"}],"watchers":[]}""")],
            Writes = ["modbus-tcp 10.0.0.5:502 unit 1 holding 3"],
        }),
        new Unit("dryer-1", new DeviceSpec
        {
            Protocol = DeviceProtocol.EdgeX,
            Connection = new DeviceConnection { Url = "https://127.0.0.1:59882", Device = "Dryer 1", TimeoutMs = 10_000, Headers = [Authorization] },
            Properties = [new DeviceProperty { Name = "set-point", Type = DeviceValueType.Float32, Resource = "Set point", PollMs = 30_000 }],
        })
        {
            Requires = [UnitId.Parse("edgex/hall")],
        },
    ]);
}
