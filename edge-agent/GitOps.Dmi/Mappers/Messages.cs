using System.Globalization;
using GitOps.Dmi.Control;
using GitOps.Dmi.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace GitOps.Dmi.Mappers;

/// <summary>
/// Devices in the words of mappers. Each device has a model of its own, so that what is writable can differ: mappers write every
/// writable property whenever a device starts with them, an empty value where none is desired. So all are read-only to them, and
/// one is writable for as long as it takes to write it.
/// </summary>
internal static class Messages
{
    /// <summary>Mappers before 1.15 know no other.</summary>
    public const string Namespace = "default";

    private const string ReadOnly = "ReadOnly";
    private const string ReadWrite = "ReadWrite";

    /// <summary>How often a mapper says whether the device can be reached.</summary>
    private const long StateCycleMs = 5_000;

    /// <summary>While a value is written it is read at least this often, so that it is known soon whether the device has it.</summary>
    private const long ConfirmCycleMs = 1_000;

    public static DeviceModel Model(string name, DeviceConfig config, WriteOrder? write = null)
    {
        var spec = new DeviceModelSpec();
        foreach (var property in config.Properties)
        {
            spec.Properties.Add(new ModelProperty
            {
                Name = property.Name,
                Type = property.Type,
                AccessMode = property.Name == write?.Property ? ReadWrite : ReadOnly,
                Minimum = property.Minimum ?? "",
                Maximum = property.Maximum ?? "",
                Unit = property.Unit ?? "",
            });
        }

        return new DeviceModel { Name = name, Namespace = Namespace, Spec = spec };
    }

    public static Device Device(string name, DeviceConfig config, WriteOrder? write = null)
    {
        var spec = new DeviceSpec
        {
            DeviceModelReference = name,
            Protocol = new ProtocolConfig { ProtocolName = config.Protocol, ConfigData = Values(config.Config) },
        };
        foreach (var property in config.Properties)
        {
            var isWritten = property.Name == write?.Property;
            var cycle = CycleMs(property, isWritten && write!.Confirm);
            // Mappers take no member of a property for granted that is a message: without it they end.
            spec.Properties.Add(new DeviceProperty
            {
                Name = property.Name,
                Desired = new TwinProperty { Value = isWritten ? write!.Value : "", Metadata = { ["type"] = property.Type.ToLowerInvariant() } },
                Visitors = new VisitorConfig { ProtocolName = config.Protocol, ConfigData = Values(property.Visitor) },
                CollectCycle = cycle ?? 0,
                ReportCycle = cycle ?? 0,
                ReportToCloud = cycle is not null,
            });
        }

        return new Device
        {
            Name = name,
            Namespace = Namespace,
            Spec = spec,
            Status = new DeviceStatus { ReportToCloud = true, ReportCycle = StateCycleMs },
        };
    }

    /// <summary>Whether the device has to be told of again after the write, so that it is read as rarely as it should be.</summary>
    public static bool IsHurried(PropertyConfig property, WriteOrder write) => CycleMs(property, write.Confirm) != CycleMs(property, false);

    private static long? CycleMs(PropertyConfig property, bool isHurried) =>
        isHurried && property.CycleMs is not <= ConfirmCycleMs ? ConfirmCycleMs : property.CycleMs;

    private static CustomizedValue Values(Setting[] settings)
    {
        var values = new CustomizedValue();
        foreach (var setting in settings)
        {
            values.Data[setting.Name] = Any.Pack(Wrapped(setting));
        }

        return values;
    }

    // A double would be dropped: mappers unpack a float, and print it in its shortest form.
    private static IMessage Wrapped(Setting setting) => setting.Type switch
    {
        "integer" => new Int64Value { Value = long.Parse(setting.Value, CultureInfo.InvariantCulture) },
        "decimal" => new FloatValue { Value = float.Parse(setting.Value, CultureInfo.InvariantCulture) },
        "bool" => new BoolValue { Value = setting.Value == "true" },
        _ => new StringValue { Value = setting.Value },
    };
}
