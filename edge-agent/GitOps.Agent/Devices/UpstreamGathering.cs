using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>
/// What of a device goes up: for each property with a rule, values as <see cref="ReportFilter"/> lets them pass, and when the
/// quality stops being good. That ends an interval: no summary holds readings from before and after. Not thread-safe.
/// </summary>
public sealed class UpstreamGathering(string device, DeviceSpec spec)
{
    private readonly List<Series> _series =
        [.. spec.Properties.Where(property => property.Upstream is not null).Select(property => new Series(device, property))];

    /// <summary>Whether anything of it ever goes up.</summary>
    public bool IsEmpty => _series.Count == 0;

    /// <summary>What goes up now, after the device said something.</summary>
    /// <param name="now">The wall clock, at <see cref="DeviceState.Now"/>.</param>
    public List<ValueRecord> After(DeviceState state, DateTimeOffset now)
    {
        List<ValueRecord> told = [];
        foreach (var series in _series)
        {
            series.Take(state, now, told);
        }

        return told;
    }

    /// <summary>What was gathered of intervals that are not over, as nothing comes any more.</summary>
    public List<ValueRecord> End()
    {
        List<ValueRecord> told = [];
        _series.ForEach(series => series.End(told));
        return told;
    }

    private sealed class Series(string device, DeviceProperty property)
    {
        private readonly ReportFilter _filter = new(property.Upstream!);
        private Reading? _seen;
        private bool _isGood = true;
        private DateTimeOffset _last;
        private DateTimeOffset _readAt;

        public void Take(DeviceState state, DateTimeOffset now, List<ValueRecord> told)
        {
            var seen = state.Of(property.Name);
            if (seen is { Fault: null, Reading: { } reading } && !ReferenceEquals(reading, _seen))
            {
                (_seen, _readAt) = (reading, now - (state.Now - reading.At));
                if (_filter.Next(reading.Value, reading.At) is { } value)
                {
                    told.Add(Record(value));
                }
            }

            // Not by age: a device that tells of itself, and rarely, is well in between.
            ValueQuality? quality = seen.Fault is not null ? ValueQuality.Bad : state.Link is DeviceLink.Away ? ValueQuality.Stale : null;
            if (_isGood && quality is not null)
            {
                End(told);
                told.Add(new ValueRecord(Next(now), device) { Property = property.Name, Quality = quality });
            }

            _isGood = quality is null;
        }

        public void End(List<ValueRecord> told)
        {
            if (_filter.End() is { } value)
            {
                told.Add(Record(value));
            }
        }

        private ValueRecord Record(ToldValue told) => new(Next(_readAt), device)
        {
            Property = property.Name,
            Value = told.Value is DeviceValue.Text ? null : told.Value,
            Text = (told.Value as DeviceValue.Text)?.Value,
            Minimum = told.Interval?.Minimum,
            Maximum = told.Interval?.Maximum,
            Mean = told.Interval?.Mean,
            Count = told.Over is null ? null : told.Count,
            IntervalMs = (long?)told.Over?.TotalMilliseconds,
        };

        /// <summary>In whole microseconds, and no time twice: two readings of one moment are two.</summary>
        private DateTimeOffset Next(DateTimeOffset at)
        {
            var whole = new DateTimeOffset(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
            return _last = whole == _last ? whole.AddMicroseconds(1) : whole;
        }
    }
}
