using GitOps.Bundles;

namespace GitOps.Agent.Devices;

/// <summary>Bounds how often a value is written again: actuators wear out, and two masters that fight must not flood a line.</summary>
public static class WritePacing
{
    /// <summary>The pause after the first write; it doubles with every further write of the last ten minutes.</summary>
    public static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>Writes older than this count no more.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    /// <summary>A refused value is tried again after this: the key switch may be back on remote.</summary>
    public static readonly TimeSpan AfterRefusal = TimeSpan.FromMinutes(5);

    /// <summary>How long a device may take until it says what it acknowledged.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The pause after writes that nothing answered and that did not arrive: a device that takes no writes without a word
    /// must not be flooded with them.
    /// </summary>
    /// <param name="lost">How many in a row.</param>
    public static TimeSpan AfterLoss(int lost)
    {
        var pause = TimeSpan.FromSeconds(1) * Math.Pow(2, Math.Min(lost - 1, 10));
        return pause < Longest ? pause : Longest;
    }

    /// <summary>How long until the value may be written again; zero or less: now.</summary>
    public static TimeSpan Pause(EquatableArray<TimeSpan> writes, TimeSpan now)
    {
        var recent = writes.Where(at => now - at < Window).ToList();
        if (recent.Count == 0)
        {
            return TimeSpan.Zero;
        }

        var pause = First * Math.Pow(2, Math.Min(recent.Count - 1, 10));
        return recent[^1] + (pause < Longest ? pause : Longest) - now;
    }
}
