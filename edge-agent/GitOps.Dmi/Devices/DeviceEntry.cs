using GitOps.Dmi.Control;

namespace GitOps.Dmi.Devices;

/// <summary>One device: what the agent wants, what its mapper was told, what the mapper says. Guarded by its book.</summary>
internal sealed class DeviceEntry(string name)
{
    public string Name { get; } = name;

    /// <summary>One conversation about the device at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>Null: the agent has not said yet, since this program started.</summary>
    public DeviceConfig? Wanted { get; set; }

    public string? WantedDigest { get; set; }

    /// <summary>What the mapper has; null: it has no such device.</summary>
    public Told? Told { get; set; }

    /// <summary>By <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long ToldAt { get; set; }

    public int Revivals { get; set; }

    /// <summary>Not tried again before.</summary>
    public long RetryAt { get; set; }

    public int Failures { get; set; }

    public string? Problem { get; set; }

    public string? State { get; set; }

    public long? HeardAt { get; set; }

    public Dictionary<string, TwinSeen> Twins { get; } = new(StringComparer.Ordinal);

    /// <summary>Grows with each change, over all devices.</summary>
    public long Change { get; set; }
}

/// <param name="Digest">Of the configuration; empty: the mapper has the device, and is told of it again.</param>
internal sealed record Told(string Protocol, string Digest);

internal sealed record TwinSeen(string Value, string? Observed, long At, long Change);
