namespace GitOps.Simulation.Modbus;

/// <summary>The machine behind a PLC: reads what was written, and writes what sensors would see.</summary>
public interface IPlcProcess
{
    /// <summary>Moves on by so much time; called under the PLC's lock, before each request.</summary>
    void Advance(PlcMemory memory, TimeSpan by);
}
