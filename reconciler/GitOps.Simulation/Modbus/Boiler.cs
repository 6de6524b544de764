namespace GitOps.Simulation.Modbus;

/// <summary>
/// A boiler whose temperature follows its setpoint with first-order lag while the heater is on, and falls to ambient while
/// it is off. The same calls give the same temperatures, however time is cut into pieces.
/// </summary>
/// <remarks>
/// Coil 0: heater enabled. Discrete 0: hotter than the limit. Holding 0–1: setpoint, float32, °C. Holding 2: limit, int16,
/// 0.1 °C. Input 0–1: temperature, float32, °C. Input 2: temperature, int16, 0.1 °C.
/// </remarks>
public sealed class Boiler : IPlcProcess
{
    public const int HeaterCoil = 0;
    public const int OverTemperatureDiscrete = 0;
    public const int SetpointHolding = 0;
    public const int LimitHolding = 2;
    public const int TemperatureInput = 0;
    public const int TemperatureTenthsInput = 2;

    private double _temperature;

    public Boiler(double ambient = 20, TimeSpan? timeConstant = null)
    {
        Ambient = ambient;
        TimeConstant = timeConstant ?? TimeSpan.FromSeconds(20);
        _temperature = ambient;
    }

    /// <summary>°C.</summary>
    public double Ambient { get; }

    /// <summary>After this long 63 % of the way to the target is done.</summary>
    public TimeSpan TimeConstant { get; }

    /// <summary>A PLC that runs a boiler: 60 °C asked for, 95 °C allowed, heater on.</summary>
    public static ModbusPlc NewPlc(TimeProvider time, TimeSpan? timeConstant = null)
    {
        var plc = new ModbusPlc(new Boiler(timeConstant: timeConstant), time);
        plc.Change(memory =>
        {
            PlcMemory.WriteSingle(memory.Holdings, SetpointHolding, 60);
            memory.Holdings[LimitHolding] = 950;
            memory.Coils[HeaterCoil] = true;
        });
        return plc;
    }

    public void Advance(PlcMemory memory, TimeSpan by)
    {
        var setpoint = PlcMemory.ReadSingle(memory.Holdings, SetpointHolding);
        var target = memory.Coils[HeaterCoil] && float.IsFinite(setpoint) ? setpoint : Ambient;
        _temperature = target + ((_temperature - target) * Math.Exp(-by / TimeConstant));
        var tenths = (short)Math.Clamp(Math.Round(_temperature * 10), short.MinValue, short.MaxValue);
        PlcMemory.WriteSingle(memory.Inputs, TemperatureInput, (float)_temperature);
        memory.Inputs[TemperatureTenthsInput] = (ushort)tenths;
        memory.Discretes[OverTemperatureDiscrete] = tenths > (short)memory.Holdings[LimitHolding];
    }
}
