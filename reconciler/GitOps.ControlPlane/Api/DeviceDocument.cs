using GitOps.Bundles.Reports;

namespace GitOps.ControlPlane.Api;

/// <summary>A field device as its node said last.</summary>
public sealed record DeviceDocument(string Node, string Name)
{
    /// <summary>It answered when the node reported, and the node is online.</summary>
    public bool Online { get; init; }

    public DateTimeOffset? ReportedAt { get; init; }

    /// <summary>Why it does not answer; that its node is offline counts too.</summary>
    public string? Message { get; init; }

    public IReadOnlyList<PropertyDocument> Properties { get; init; } = [];

    /// <summary>The names of alarms that are active.</summary>
    public IReadOnlyList<string> Alarms { get; init; } = [];

    /// <param name="now">Ages are told as of this moment.</param>
    internal static DeviceDocument Of(string node, DeviceReport device, bool isNodeOnline, DateTimeOffset? reportedAt, DateTimeOffset now)
    {
        var since = reportedAt is { } at && now > at ? (long)(now - at).TotalMilliseconds : 0;
        return new DeviceDocument(node, device.Name)
        {
            Online = device.Online && isNodeOnline,
            ReportedAt = reportedAt,
            Message = isNodeOnline ? device.Message : "its node is offline",
            Alarms = [.. device.Alarms.Select(alarm => alarm.Name)],
            Properties = [.. device.Properties.Select(property => new PropertyDocument(property.Name)
            {
                Desired = property.Desired?.ToString(),
                Reported = property.Reported?.ToString(),
                State = property.State is { } state ? Word(state) : null,
                Quality = isNodeOnline || property.Quality != ValueQuality.Good ? Word(property.Quality) : Word(ValueQuality.Stale),
                AgeMs = property.AgeMs + since,
                Message = property.Message,
            })],
        };
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}

/// <summary>One property: what Git asks for, what the device says, and how good and old that is.</summary>
public sealed record PropertyDocument(string Name)
{
    public string? Desired { get; init; }

    public string? Reported { get; init; }

    /// <summary>As in reports; absent where nothing is desired.</summary>
    public string? State { get; init; }

    /// <summary>As in reports; <c>stale</c> for what was good when a node that is offline reported last.</summary>
    public string Quality { get; init; } = "good";

    /// <summary>Since the value was read, up to now; absent where nothing was.</summary>
    public long? AgeMs { get; init; }

    public string? Message { get; init; }
}

/// <summary>What <c>GET /api/v1/devices</c> answers, by node, then device.</summary>
public sealed record DevicePage(IReadOnlyList<DeviceDocument> Devices)
{
    public int Format { get; init; } = 1;

    /// <summary>Ask again with <c>after</c> = this; absent on the last page.</summary>
    public string? Next { get; init; }
}
