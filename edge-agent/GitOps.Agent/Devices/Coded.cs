using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>What a device's raw value means.</summary>
public abstract record Decoded
{
    private Decoded() { } // closed: every case is in this file

    public sealed record Value(DeviceValue Is) : Decoded;

    /// <summary>The device said something that is no value of the property.</summary>
    public sealed record Bad(string Why) : Decoded;
}

/// <summary>A value as the device takes it.</summary>
public abstract record Encoded
{
    private Encoded() { } // closed: every case is in this file

    public sealed record Registers(EquatableArray<ushort> Values) : Encoded;

    public sealed record Text(string Value) : Encoded;

    /// <summary>The value cannot be said to this device.</summary>
    public sealed record Refused(string Why) : Encoded;
}
