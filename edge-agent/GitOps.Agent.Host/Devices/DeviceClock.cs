using GitOps.Agent.Devices;

namespace GitOps.Agent.Host.Devices;

/// <summary>Monotonic time since the driver's start, and since the machine's.</summary>
internal sealed class DeviceClock(TimeProvider time, BootTime bootAtStart)
{
    private readonly long _start = time.GetTimestamp();

    public TimeProvider Time => time;

    public TimeSpan Now => time.GetElapsedTime(_start);

    public BootTime Boot => bootAtStart with { Uptime = bootAtStart.Uptime + Now };

    public TimeSpan At(long timestamp) => time.GetElapsedTime(_start, timestamp);
}
