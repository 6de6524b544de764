using GitOps.Agent.Devices;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices;

/// <summary>
/// Speaks one protocol with one device. Bounded in time by the specification's timeout; what the world does is an answer,
/// only cancellation throws. Used by one caller at a time.
/// </summary>
internal interface IDeviceConnector : IAsyncDisposable
{
    /// <summary>Values come by themselves, and <see cref="Changed"/> tells: reading only looks at what came.</summary>
    bool Pushes { get; }

    /// <summary>Called when something came, or the connection changed.</summary>
    Action? Changed { get; set; }

    /// <summary>Makes sure that there is a connection.</summary>
    /// <returns>Why there is none, or null.</returns>
    Task<string?> OpenAsync(CancellationToken cancellationToken);

    Task<ReadAnswer> ReadAsync(IReadOnlyList<DeviceProperty> properties, CancellationToken cancellationToken);

    Task<WriteAnswer> WriteAsync(DeviceProperty property, DeviceValue value, CancellationToken cancellationToken);
}

internal abstract record ReadAnswer
{
    private ReadAnswer() { } // closed: every case is in this file

    /// <summary>A property that has no value yet is missing.</summary>
    public sealed record Read(EquatableArray<PropertyAnswer> Properties) : ReadAnswer;

    public sealed record NoAnswer(string Why) : ReadAnswer;
}

/// <param name="ReceivedAt">By <see cref="TimeProvider.GetTimestamp"/>.</param>
internal sealed record PropertyAnswer(string Name, DeviceValue? Value, ReadFault? Fault, long ReceivedAt)
{
    public static PropertyAnswer Of(string name, Decoded decoded, long receivedAt) => decoded switch
    {
        Decoded.Value(var value) => new PropertyAnswer(name, value, null, receivedAt),
        Decoded.Bad(var why) => new PropertyAnswer(name, null, new ReadFault(why, IsContent: false), receivedAt),
        _ => throw new System.Diagnostics.UnreachableException($"unknown decoding {decoded}"),
    };
}

internal abstract record WriteAnswer
{
    private WriteAnswer() { } // closed: every case is in this file

    public sealed record Acknowledged : WriteAnswer;

    /// <summary>The device, or its protocol, does not take the value.</summary>
    public sealed record Refused(string Why) : WriteAnswer;

    /// <summary>Nothing left this machine.</summary>
    public sealed record NotSent(string Why) : WriteAnswer;

    /// <summary>It may have arrived.</summary>
    public sealed record Lost(string Why) : WriteAnswer;
}
