namespace GitOps.Simulation.Modbus;

/// <summary>What goes wrong at a simulated PLC. Knobs may be turned while it serves.</summary>
public sealed class PlcFaults
{
    /// <summary>Holding registers that refuse writes with <see cref="PlcRefusal.IllegalDataAddress"/>.</summary>
    public IReadOnlySet<int> ReadOnlyRegisters { get; set; } = new HashSet<int>();

    /// <summary>Every write is refused with <see cref="PlcRefusal.ServerDeviceFailure"/>, as by a key switch in "local".</summary>
    public bool RejectsWrites { get; set; }

    /// <summary>Writes are answered as usual and change nothing.</summary>
    public bool IgnoresWrites { get; set; }

    /// <summary>Requests are read and never answered.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Each of the next so many requests ends its connection instead of being answered.</summary>
    public int DropNext { get; set; }

    /// <summary>How long each answer is held back.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Holding registers another master writes between any two requests.</summary>
    public IReadOnlyDictionary<int, ushort> OtherMaster { get; set; } = new Dictionary<int, ushort>();
}

/// <summary>Exception codes, Modbus Application Protocol V1.1b3 §7.</summary>
public enum PlcRefusal : byte
{
    IllegalFunction = 1,
    IllegalDataAddress = 2,
    IllegalDataValue = 3,
    ServerDeviceFailure = 4,
    GatewayTargetFailedToRespond = 11,
}
