using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices.Modbus;

/// <summary>One request and the properties whose values its answer holds.</summary>
public sealed record ReadGroup(ModbusRequest.Read Request, EquatableArray<DeviceProperty> Properties);

/// <summary>
/// Puts neighbours of one table into one request. Addresses nobody asked for are read only as far as <c>maxGap</c> allows: one
/// that does not exist fails the whole request, and reading some has effects. A value is never split over two requests: it
/// could change in between. A request is at most as large as the protocol and the model allow.
/// </summary>
public static class ReadPlan
{
    public static EquatableArray<ReadGroup> Of(IEnumerable<DeviceProperty> properties, ModbusReads? reads = null)
    {
        List<ReadGroup> groups = [];
        foreach (var table in properties.Where(p => p.Register is not null).GroupBy(p => p.Register!.Table).OrderBy(g => g.Key))
        {
            var limit = ModbusPdu.IsBits(table.Key)
                ? Math.Min(reads?.MaxBits ?? ModbusRequest.MaxBits, ModbusRequest.MaxBits)
                : Math.Min(reads?.MaxRegisters ?? ModbusRequest.MaxRegisters, ModbusRequest.MaxRegisters);
            List<DeviceProperty> members = [];
            var (start, end) = (0, 0);
            foreach (var property in table.OrderBy(p => p.Register!.Address).ThenBy(p => p.Name, StringComparer.Ordinal))
            {
                var (from, to) = (property.Register!.Address, property.Register.Address + RegisterCodec.Width(property));
                if (members.Count > 0 && (from > end + (reads?.MaxGap ?? 0) || Math.Max(end, to) - start > limit))
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

    /// <summary>
    /// The smaller requests that a refused one is asked again as: first without its gaps, then each property alone. Empty when
    /// it is about one property already.
    /// </summary>
    public static EquatableArray<ReadGroup> Apart(ReadGroup refused, ModbusReads? reads)
    {
        var near = Of(refused.Properties, reads is null ? null : reads with { MaxGap = null });
        return near.Count > 1 ? near
            : refused.Properties.Count > 1 ? refused.Properties.SelectMany(property => Of([property])).ToEquatableArray()
            : [];
    }
}
