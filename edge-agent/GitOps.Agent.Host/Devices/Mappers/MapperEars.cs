namespace GitOps.Agent.Host.Devices.Mappers;

/// <summary>What was heard of one device. Written by the gateway, read by the device's connector.</summary>
internal sealed class MapperEars(string name, Action changed)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string Text, long At)> _twins = new(StringComparer.Ordinal);
    private string? _problem;
    private string? _state;
    private long _heardAt;

    public string Name => name;

    /// <summary>The run of the gateway that was told of the device last.</summary>
    public string? AnnouncedTo { get; set; }

    public void Signal() => changed();

    public void Hear(string? problem, string? state, long? heardAt, IEnumerable<(string Property, string Text, long At)> twins)
    {
        lock (_lock)
        {
            (_problem, _state, _heardAt) = (problem, state ?? _state, heardAt ?? _heardAt);
            foreach (var (property, text, at) in twins)
            {
                _twins[property] = (text, at);
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

    public (string Text, long At)? Twin(string property)
    {
        lock (_lock)
        {
            return _twins.TryGetValue(property, out var twin) ? twin : null;
        }
    }
}
