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
            Properties = [Property("power", DeviceValueType.Float32) with { Register = new ModbusRegister(ModbusTable.Input, 12) }],
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
    ]);

    private static DeviceProperty Property(string name, DeviceValueType type) => new() { Name = name, Type = type, PollMs = 1_000 };
}
