using System.Diagnostics;

namespace GitOps.Benchmarks.Measuring;

/// <summary>What one piece of work took. <paramref name="CpuMs"/>: of this process and of those it started and saw end.</summary>
internal readonly record struct Sample(double WallMs, double CpuMs)
{
    public static Sample Median(IReadOnlyCollection<Sample> samples) =>
        new(Medians.Of(samples.Select(sample => sample.WallMs)), Medians.Of(samples.Select(sample => sample.CpuMs)));
}

internal static class Medians
{
    /// <summary>The value that <paramref name="share"/> of all are not above, of at least one.</summary>
    public static double Share(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
    }

    public static double Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

/// <summary>Times work and its floor side by side.</summary>
internal static class Clocked
{
    /// <summary>Once; garbage of before is collected first, outside the clock.</summary>
    public static async Task<Sample> OnceAsync(Func<Task> work)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var (began, cpu) = (Stopwatch.GetTimestamp(), ProcessTimes.OwnAndChildren());
        await work();
        return new Sample(Stopwatch.GetElapsedTime(began).TotalMilliseconds, (ProcessTimes.OwnAndChildren() - cpu).TotalMilliseconds);
    }

    /// <summary>
    /// One round of both to warm up, then alternating rounds, so that a busy moment of the machine meets both.
    /// </summary>
    /// <param name="prepare">Before each round, outside the clock; given its number from 0, the warm-up's.</param>
    public static async Task<(Sample Measured, Sample Floor)> BesideAsync(
        int runs, Func<int, Task> prepare, Func<Task> measured, Func<Task> floor)
    {
        List<Sample> ours = [], floors = [];
        for (var round = 0; round <= runs; round++)
        {
            await prepare(round);
            var (a, b) = (await OnceAsync(measured), await OnceAsync(floor));
            if (round > 0)
            {
                ours.Add(a);
                floors.Add(b);
            }
        }

        return (Sample.Median(ours), Sample.Median(floors));
    }
}
