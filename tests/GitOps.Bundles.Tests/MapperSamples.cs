using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

/// <summary>A device in the hands of a mapper.</summary>
internal static class MapperSamples
{
    public static Bundle Bundle { get; } = Bundle.Of(
    [
        new Unit("press-1", new DeviceSpec
        {
            Protocol = DeviceProtocol.Mapper,
            Connection = new DeviceConnection
            {
                Mapper = new MapperConnection("opcua")
                {
                    Config =
                    [
                        new MapperSetting("password", [new ContentPart.Secret("press", "password", Digest.Of([2]), "/etc/gitops-agent/secrets/press/password")]),
                        new MapperSetting("sign", [new ContentPart.Text("true")]) { Type = MapperTypes.Bool },
                        new MapperSetting("timeout", [new ContentPart.Text("30")]) { Type = MapperTypes.Integer },
                        new MapperSetting("url", [new ContentPart.Text("opc.tcp://10.0.0.8:4840")]),
                    ],
                },
            },
            Properties =
            [
                new DeviceProperty
                {
                    Name = "force",
                    Type = DeviceValueType.Float64,
                    PollMs = 1_000,
                    Visitor =
                    [
                        new MapperSetting("gain", [new ContentPart.Text("0.5")]) { Type = MapperTypes.Decimal },
                        new MapperSetting("nodeID", [new ContentPart.Text("ns=2;i=4")]),
                    ],
                },
            ],
        }),
    ]);
}
