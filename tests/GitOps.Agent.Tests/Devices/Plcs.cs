using System.Globalization;
using System.Text;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Devices;

/// <summary>Units and plans as the tests of devices need them.</summary>
internal static class Plcs
{
    public static DeviceValue Number(decimal value) => new DeviceValue.Number(value);

    public static DeviceProperty Setpoint(DesiredValue? desired, DeviceAccess access = DeviceAccess.ReadWrite) => new()
    {
        Name = "setpoint",
        Type = DeviceValueType.Float32,
        Access = access,
        Unit = "°C",
        Minimum = 0,
        Maximum = 90,
        Register = new ModbusRegister(ModbusTable.Holding, 0),
        Simulate = new SimulatedSource { Initial = Number(60) },
        Desired = desired,
    };

    public static DeviceProperty Running { get; } = new()
    {
        Name = "running",
        Type = DeviceValueType.Bool,
        PollMs = 1_000,
        Register = new ModbusRegister(ModbusTable.Coil, 3),
        Simulate = new SimulatedSource { Initial = new DeviceValue.Boolean(false) },
    };

    public static Unit Unit(params DeviceProperty[] properties) => new("plc-1", new DeviceSpec
    {
        Protocol = DeviceProtocol.ModbusTcp,
        Connection = new DeviceConnection { Host = "10.0.0.5" },
        Properties = properties.ToEquatableArray(),
    });

    public static FakeDevice Device(Unit unit) => new((DeviceSpec)unit.Spec);

    public static string ToText<TStep>(this UnitPlan<TStep> plan)
        where TStep : IPlanStep
    {
        var text = new StringBuilder();
        foreach (var step in plan.Steps)
        {
            text.Append(CultureInfo.InvariantCulture, $"- {step.Describe()}\n  because {step.Because}\n");
        }

        foreach (var hold in plan.Holds)
        {
            text.Append(CultureInfo.InvariantCulture, $"waits for {hold.What}\n  until {hold.Until}\n");
        }

        return text.Append(plan.Status switch
        {
            UnitStatus.Ready => "ready\n",
            UnitStatus.Progressing(var message) => $"on its way: {message}\n",
            UnitStatus.Unhealthy(var message, var cause) => $"unhealthy ({cause}): {message}\n",
            UnitStatus.Refused(var problem) => $"refused: {problem}\n",
            _ => throw new System.Diagnostics.UnreachableException(),
        }).ToString();
    }
}
