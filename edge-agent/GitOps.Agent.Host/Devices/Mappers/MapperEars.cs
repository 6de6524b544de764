namespace GitOps.Agent.Host.Devices.Mappers;

/// <summary>What was heard of one device. Written by the gateway, read by the device's connector.</summary>
internal sealed class MapperEars(string name, Action changed)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, HeardTwin> _twins = new(StringComparer.Ordinal);
    private string? _problem;
    private string? _state;
    private long _heardAt;

    public string Name => name;

    /// <summary>The run of the gateway that was told of the device last.</summary>
    public string? AnnouncedTo { get; set; }

    public void Signal() => changed();

    public void Hear(string? problem, string? state, long? heardAt, List<HeardTwin> twins)
    {
        lock (_lock)
        {
            (_problem, _state, _heardAt) = (problem, state ?? _state, heardAt ?? _heardAt);
            foreach (var twin in twins)
            {
                _twins[twin.Property] = twin;
            }
        }

        Signal();
    }

    public (string? Problem, string? State, long HeardAt) Device
    {
        get
        {
            lock (_lock)
            {
                return (_problem, _state, _heardAt);
            }
        }
    }

    public HeardTwin? Twin(string property)
    {
        lock (_lock)
        {
            return _twins.GetValueOrDefault(property);
        }
    }
}

/// <param name="At">By <see cref="TimeProvider.GetTimestamp"/>.</param>
internal sealed record HeardTwin(string Property, string Text, long At);
