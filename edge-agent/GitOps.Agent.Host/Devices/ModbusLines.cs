using System.Globalization;
using GitOps.Agent.Devices;
using GitOps.Bundles.Units;
using GitOps.Platform.Serial;

namespace GitOps.Agent.Host.Devices;

/// <summary>One line per endpoint or serial port, kept while a device uses it.</summary>
internal sealed class ModbusLines(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ModbusLine> _lines = [];

    public ModbusLine Take(DeviceConnection connection)
    {
        lock (_lock)
        {
            var key = Key(connection);
            if (!_lines.TryGetValue(key, out var line))
            {
                line = _lines[key] = new ModbusLine(WireOf(connection), time);
            }

            line.Users++;
            return line;
        }
    }

    public async ValueTask GiveBackAsync(DeviceConnection connection, ModbusLine line)
    {
        bool isUsed;
        lock (_lock)
        {
            isUsed = --line.Users > 0;
            if (!isUsed)
            {
                _lines.Remove(Key(connection));
            }
        }

        if (isUsed)
        {
            await line.ForgetAsync(DeviceEndpoint.UnitId(connection));
        }
        else
        {
            line.Dispose();
        }
    }

    private IModbusWire WireOf(DeviceConnection connection) => connection.Serial is { } serial
        ? new ModbusRtuWire(serial.Path, SettingsOf(serial))
        : new ModbusTcpWire(connection.Host!, DeviceEndpoint.Port(connection), time);

    private static SerialSettings SettingsOf(SerialLine serial)
    {
        var parity = serial.Parity switch
        {
            LineParity.None => SerialParity.None,
            LineParity.Odd => SerialParity.Odd,
            _ => SerialParity.Even,
        };
        return new SerialSettings(serial.Baud ?? SerialLine.DefaultBaud, parity, serial.StopBits ?? (parity == SerialParity.None ? 2 : 1));
    }

    /// <summary>With its settings: of two that contradict each other one is told that the port is in use.</summary>
    private static string Key(DeviceConnection connection) => connection.Serial is { } serial
        ? $"{serial.Path} {SettingsOf(serial)}"
        : string.Create(CultureInfo.InvariantCulture, $"{connection.Host}:{DeviceEndpoint.Port(connection)}");
}
