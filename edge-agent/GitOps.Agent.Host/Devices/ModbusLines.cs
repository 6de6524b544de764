using System.Globalization;
using GitOps.Agent.Devices;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices;

/// <summary>One line per endpoint, kept while a device uses it.</summary>
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
                line = _lines[key] = new ModbusLine(connection.Host!, DeviceEndpoint.Port(connection), time);
            }

            line.Users++;
            return line;
        }
    }

    public ValueTask GiveBackAsync(DeviceConnection connection, ModbusLine line)
    {
        lock (_lock)
        {
            if (--line.Users > 0)
            {
                return ValueTask.CompletedTask;
            }

            _lines.Remove(Key(connection));
        }

        return line.DisposeAsync();
    }

    private static string Key(DeviceConnection connection) =>
        string.Create(CultureInfo.InvariantCulture, $"{connection.Host}:{DeviceEndpoint.Port(connection)}");
}
