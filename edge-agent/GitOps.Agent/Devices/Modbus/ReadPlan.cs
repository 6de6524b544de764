using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices.Modbus;

/// <summary>One request and the properties whose values its answer holds.</summary>
public sealed record ReadGroup(ModbusRequest.Read Request, EquatableArray<DeviceProperty> Properties);

/// <summary>Puts neighbours into one request. Gaps are not read: an address that does not exist fails the whole request.</summary>
public static class ReadPlan
{
    public static EquatableArray<ReadGroup> Of(IEnumerable<DeviceProperty> properties)
    {
        List<ReadGroup> groups = [];
        foreach (var table in properties.Where(p => p.Register is not null).GroupBy(p => p.Register!.Table).OrderBy(g => g.Key))
        {
            var limit = ModbusPdu.IsBits(table.Key) ? ModbusRequest.MaxBits : ModbusRequest.MaxRegisters;
            List<DeviceProperty> members = [];
            var (start, end) = (0, 0);
            foreach (var property in table.OrderBy(p => p.Register!.Address).ThenBy(p => p.Name, StringComparer.Ordinal))
            {
                var (from, to) = (property.Register!.Address, property.Register.Address + RegisterCodec.Width(property));
                if (members.Count > 0 && (from > end || Math.Max(end, to) - start > limit))
                {
                    Close();
                }

                (start, end) = members.Count == 0 ? (from, to) : (start, Math.Max(end, to));
                members.Add(property);
            }

            Close();

            void Close()
            {
                groups.Add(new ReadGroup(new ModbusRequest.Read(table.Key, start, end - start), members.ToEquatableArray()));
                members = [];
            }
        }

        return groups.ToEquatableArray();
    }
}
