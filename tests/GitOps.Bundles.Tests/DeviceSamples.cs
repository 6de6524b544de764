using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

/// <summary>Devices with the members that <see cref="Samples"/> does not show.</summary>
internal static class DeviceSamples
{
    public static Bundle Bundle { get; } = Bundle.Of(
    [
        new Unit("meter-1", new DeviceSpec
        {
            Protocol = DeviceProtocol.ModbusTcp,
            Connection = new DeviceConnection { Host = "10.0.0.6" },
            Reads = new ModbusReads { MaxGap = 8, MaxRegisters = 60, MaxBits = 500 },
            Properties =
            [
                Property("power", DeviceValueType.Float32) with
                {
                    Register = new ModbusRegister(ModbusTable.Input, 12),
                    Report = new ReportRule { Deadband = 0.5m, EveryMs = 10_000 },
                    Upstream = new ReportRule { Deadband = 0.5m, EveryMs = 60_000 },
                },
            ],
            UpstreamBuffer = new UpstreamBuffer { SizeBytes = 1 << 20, Keep = BufferKeep.Oldest },
            Alarms =
            [
                new AlarmRule("high", "power") { Above = 900, Hysteresis = 20, DelayMs = 5_000, Severity = AlarmSeverity.Critical },
                new AlarmRule("low", "power") { Below = 1 },
                new AlarmRule("off", "power") { EqualTo = new DeviceValue.Number(0) },
            ],
        }),
        new Unit("meter-2", new DeviceSpec
        {
            Protocol = DeviceProtocol.ModbusRtu,
            Connection = new DeviceConnection
            {
                Serial = new SerialLine("/dev/ttyUSB0") { Baud = 9_600, Parity = LineParity.None, StopBits = 1 },
                UnitId = 17,
            },
            Properties = [Property("power", DeviceValueType.Float32) with { Register = new ModbusRegister(ModbusTable.Input, 12) }],
        }),
        new Unit("oven-1", new DeviceSpec
        {
            Protocol = DeviceProtocol.Http,
            Connection = new DeviceConnection
            {
                Url = "https://10.0.0.7/api",
                TimeoutMs = 500,
                Authority = "-----BEGIN CERTIFICATE-----",
                Headers =
                [
                    new HttpHeader("Authorization",
                    [
                        new ContentPart.Text("Bearer "),
                        new ContentPart.Secret("oven", "token", Digest.Of([1]), "/etc/gitops-agent/secrets/oven/token"),
                    ]),
                ],
            },
            Properties =
            [
                Property("setpoint", DeviceValueType.Float64) with
                {
                    Access = DeviceAccess.ReadWrite,
                    Http = new DeviceHttp
                    {
                        Path = "/state",
                        Pointer = "/oven/setpoint",
                        Write = new HttpWrite { Method = HttpWriteMethod.Post, Path = "/oven", Pointer = "/setpoint" },
                    },
                },
            ],
        }),
        new Unit("press-1", new DeviceSpec
        {
            Protocol = DeviceProtocol.Mqtt,
            Connection = new DeviceConnection
            {
                Url = "mqtts://10.0.0.8",
                Authority = "-----BEGIN CERTIFICATE-----",
                User = "press",
                Password = [new ContentPart.Secret("broker", "password", Digest.Of([2]), File: null)],
            },
            Properties = [Property("force", DeviceValueType.Float64) with { Topic = new DeviceTopics { Read = "press/force" } }],
        }),
    ]);

    private static DeviceProperty Property(string name, DeviceValueType type) => new() { Name = name, Type = type, PollMs = 1_000 };
}
