using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>What of a property is told, and over which interval it was gathered where a rule says one.</summary>
/// <param name="Interval">Null where each value stands for itself.</param>
public sealed record ToldValue(DeviceValue Value, TimeSpan At, ValueSummary? Interval)
{
    /// <summary>How many readings it stands for.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Over how long they were read; null where a value stands for itself.</summary>
    public TimeSpan? Over { get; init; }
}

/// <summary>The values of one interval; the value beside it is the last.</summary>
public sealed record ValueSummary(decimal Minimum, decimal Maximum, decimal Mean, int Count);

/// <summary>
/// Decides which readings are told, by the rule of a property. With a dead-band a value is told when it differs from the one
/// told before by more (0: when it differs at all). With an interval one value is told for all of it, with minimum, maximum
/// and mean; it ends with the first reading at or after its end. With both, an interval is told when anything in it left the
/// dead-band. Not thread-safe.
/// </summary>
public sealed class ReportFilter(ReportRule rule)
{
    private DeviceValue? _told;
    private Gathering? _gathering;

    /// <summary>What is to be told now, or null.</summary>
    public ToldValue? Next(DeviceValue value, TimeSpan at)
    {
        if (rule.EveryMs is not { } every)
        {
            return IsNews(value) ? Tell(new ToldValue(value, at, null)) : null;
        }

        var gathering = (_gathering ?? new Gathering(at)).With(value, at);
        _gathering = gathering;
        if (at - gathering.Began < TimeSpan.FromMilliseconds(every))
        {
            return null;
        }

        // The next one begins where this one was to end, unless nothing was read for longer.
        var end = gathering.Began + TimeSpan.FromMilliseconds(every);
        _gathering = new Gathering(at - end < TimeSpan.FromMilliseconds(every) ? end : at);
        return Tell(gathering, at);
    }

    /// <summary>
    /// What was gathered of an interval that is not over, or null. Whatever comes next is told as the first one was: it may have
    /// been anything in between.
    /// </summary>
    public ToldValue? End()
    {
        var told = _gathering is { HasAny: true } gathering ? Tell(gathering, gathering.LastAt) : null;
        (_told, _gathering) = (null, null);
        return told;
    }

    private ToldValue? Tell(Gathering gathering, TimeSpan at) => gathering.IsAny(IsNews)
        ? Tell(new ToldValue(gathering.Last!, at, gathering.Summary) { Count = gathering.Count, Over = at - gathering.Began })
        : null;

    private ToldValue Tell(ToldValue told)
    {
        _told = told.Value;
        return told;
    }

    private bool IsNews(DeviceValue value) => (_told, value) switch
    {
        _ when rule.Deadband is null || _told is null => true,
        (DeviceValue.Number(var told), DeviceValue.Number(var now)) => Differs(told, now, rule.Deadband.Value),
        _ => _told != value,
    };

    private static bool Differs(decimal told, decimal now, decimal deadband)
    {
        try
        {
            return Math.Abs(now - told) > deadband;
        }
        catch (OverflowException)
        {
            return true;
        }
    }

    private sealed record Gathering(TimeSpan Began)
    {
        /// <summary>Divided by it a decimal loses the zeros at its end.</summary>
        private const decimal NoZeros = 1.0000000000000000000000000000m;

        public DeviceValue? Last { get; private init; }

        public TimeSpan LastAt { get; private init; }

        public bool HasAny => Count > 0;

        private bool Changed { get; init; }

        private decimal Minimum { get; init; } = decimal.MaxValue;

        private decimal Maximum { get; init; } = decimal.MinValue;

        /// <summary>Kept as a mean, since a sum of large values leaves the range.</summary>
        private decimal Mean { get; init; }

        public int Count { get; private init; }

        public ValueSummary? Summary => Last is DeviceValue.Number ? new ValueSummary(Minimum, Maximum, decimal.Round(Mean, 9) / NoZeros, Count) : null;

        public Gathering With(DeviceValue value, TimeSpan at) => value is DeviceValue.Number(var number)
            ? this with
            {
                Last = value,
                LastAt = at,
                Minimum = Math.Min(Minimum, number),
                Maximum = Math.Max(Maximum, number),
                Mean = Mean + ((number / (Count + 1)) - (Mean / (Count + 1))),
                Count = Count + 1,
            }
            : this with { Last = value, LastAt = at, Changed = Changed || (Last is not null && Last != value), Count = Count + 1 };

        public bool IsAny(Func<DeviceValue, bool> isNews) => Last is DeviceValue.Number
            ? isNews(new DeviceValue.Number(Minimum)) || isNews(new DeviceValue.Number(Maximum))
            : Changed || isNews(Last!);
    }
}
