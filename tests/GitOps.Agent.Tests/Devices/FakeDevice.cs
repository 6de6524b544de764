using GitOps.Agent.Devices;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Devices;

/// <summary>
/// A device and its driver without a wire: time moves by a millisecond an exchange and otherwise as told, and faults strike as told. The memory survives
/// <see cref="Restart"/>, as the disk does; what the driver knew otherwise does not.
/// </summary>
internal sealed class FakeDevice(DeviceSpec spec)
{
    private readonly Dictionary<string, DeviceValue> _values = spec.Properties.ToDictionary(p => p.Name, p => p.Simulate?.Initial ?? Zero);
    private readonly Dictionary<string, PropertyState> _seen = [];
    private DeviceSpec? _following;
    private DeviceMemory _memory = new();
    private string _boot = "boot-1";
    private TimeSpan _uptime = TimeSpan.FromHours(1);
    private TimeSpan _off;
    private bool _isUnheard;

    private static DeviceValue Zero => new DeviceValue.Number(0);

    public static PlanContext Context { get; } = new(DateTimeOffset.UnixEpoch.AddYears(56), ClockTrusted: true, TimeSpan.FromMinutes(1));

    public TimeSpan Now { get; private set; }

    public bool IsAway { get; set; }

    public bool Refuses { get; set; }

    /// <summary>What becomes of each exchange, read or write; null: all arrive.</summary>
    public Func<Loss>? Network { get; set; }

    public bool IsClockTrusted { get; set; } = true;

    /// <summary>What nobody in the machine knows for certain: the time since the beginning, with the machine off or on.</summary>
    public TimeSpan TrueTime => Now + _off;

    /// <summary>What the agent goes by; a clock that is not trusted is years behind.</summary>
    public PlanContext Clock => Context with
    {
        Now = (IsClockTrusted ? Context.Now : Context.Now.AddYears(-10)) + TrueTime,
        ClockTrusted = IsClockTrusted,
    };

    /// <summary>The next write arrives and its answer does not.</summary>
    public bool LosesNextAnswer { get; set; }

    /// <summary>Everything written is acknowledged and ignored.</summary>
    public bool Lies { get; set; }

    /// <summary>Every acknowledged write: property, version.</summary>
    public List<(string Property, Digest Version)> Acknowledged { get; } = [];

    /// <summary>Every write that reached the device.</summary>
    public List<(string Property, DeviceValue Value)> Arrived { get; } = [];

    public DeviceValue this[string property]
    {
        get => _values[property];
        set => _values[property] = value;
    }

    public DeviceMemory Memory => _memory;

    public void Pass(TimeSpan time)
    {
        Tick(time);
        Read();
    }

    private void Tick(TimeSpan time)
    {
        Now += time;
        _uptime += time;
    }

    public void Restart()
    {
        _following = null;
        _seen.Clear();
    }

    /// <summary>The connection is back, and nothing was read over it yet.</summary>
    public void Reconnect() => _isUnheard = false;

    /// <param name="off">How long the machine was without power.</param>
    public void Reboot(TimeSpan off = default)
    {
        Restart();
        _off += off;
        (_boot, _uptime) = (_boot + "'", TimeSpan.FromSeconds(20));
    }

    public DeviceState Observe(Unit desired, bool isReturn = false)
    {
        _memory = _memory.Seeing((DeviceSpec)desired.Spec, new Moment(new BootTime(_boot, _uptime), Clock.Now, IsClockTrusted), isReturn);
        return Observe();
    }

    public DeviceState Observe() => new()
    {
        Now = Now,
        Boot = new BootTime(_boot, _uptime),
        Following = _following,
        Link = _following is null ? new DeviceLink.Connecting() : IsAway || _isUnheard ? new DeviceLink.Away("it was unplugged") : new DeviceLink.Online(),
        Properties = _seen.Values.ToEquatableArray(),
        Memory = _memory,
    };

    /// <summary>One pass of the loop: observes, plans, applies until a step fails.</summary>
    public UnitPlan<DeviceStep> Plan(Unit desired, Unit? owned = null, PlanContext? context = null) =>
        new DevicePlanner().Plan(desired, owned, Observe(desired, context?.IsReturn ?? false), context ?? Clock);

    public UnitPlan<DeviceStep> Turn(Unit desired, Unit? owned = null, PlanContext? context = null)
    {
        var plan = Plan(desired, owned, context);
        _ = plan.Steps.All(Apply);
        return plan;
    }

    /// <summary>What is left to do after so many passes, each ten minutes after the one before.</summary>
    public UnitPlan<DeviceStep> Converge(Unit desired, int passes = 6)
    {
        for (var i = 0; i < passes; i++)
        {
            Turn(desired);
            Pass(TimeSpan.FromMinutes(10));
        }

        return Plan(desired);
    }

    public bool Apply(DeviceStep step)
    {
        switch (step)
        {
            case DeviceStep.Follow(var followed):
                _following = followed;
                _seen.Clear();
                Read();
                return true;
            case DeviceStep.Remember(var property, var dealt, var stage):
                var known = _memory.Find(property) is { } last && last.Version == dealt ? last : new PropertyMemory(property, dealt, stage);
                _memory = _memory.With(known with { Stage = stage });
                return true;
            case DeviceStep.Write write:
                return Write(write);
            case DeviceStep.Restore(var property, var value, var then):
                _values[property.Name] = value;
                _memory = then is { } version
                    ? _memory.With(new PropertyMemory(property.Name, version, MemoryStage.Left))
                    : _memory.Without(property.Name);
                return true;
            case DeviceStep.ForgetProperty(var property):
                _memory = _memory.Without(property);
                return true;
            default:
                (_following, _memory) = (null, new DeviceMemory());
                return true;
        }
    }

    private bool Write(DeviceStep.Write step)
    {
        if (IsAway)
        {
            return false;
        }

        var name = step.Property.Name;
        var before = _memory;
        var memory = new PropertyMemory(name, step.Version, MemoryStage.Writing) { Before = step.Before };
        _memory = _memory.With(memory);
        var seen = _seen.GetValueOrDefault(name) ?? new PropertyState(name);
        Tick(TimeSpan.FromMilliseconds(1));
        var loss = LosesNextAnswer ? Loss.Answer : Network?.Invoke() ?? Loss.None;
        LosesNextAnswer = false;
        if (loss == Loss.Request)
        {
            return Lost(name, seen, step.Version);
        }

        if (Refuses && loss == Loss.None)
        {
            _memory = before;
            _seen[name] = seen with { LastAttempt = new WriteAttempt(step.Version, Now, "illegal data value (3)") };
            return false;
        }

        if (!Refuses)
        {
            Arrived.Add((name, step.Value));
            _values[name] = Lies ? _values[name] : step.Value;
        }

        if (loss == Loss.Answer)
        {
            return Lost(name, seen, step.Version);
        }

        Acknowledged.Add((name, step.Version));
        _seen[name] = seen with { LastAttempt = new WriteAttempt(step.Version, Now, null), Writes = seen.Writes.Append(Now).ToEquatableArray() };
        Read();
        var isApplied = step.Property.Access != DeviceAccess.Write && !_isUnheard && _values[name] == step.Value;
        _memory = _memory.With(memory with { Stage = isApplied ? MemoryStage.Applied : MemoryStage.Written });
        return true;
    }

    private bool Lost(string property, PropertyState seen, Digest version)
    {
        _isUnheard = true;
        _seen[property] = seen with { LastAttempt = new WriteAttempt(version, Now, null) { LostInARow = (seen.LastAttempt?.LostInARow ?? 0) + 1 } };
        return false;
    }

    private void Read()
    {
        Tick(TimeSpan.FromMilliseconds(1));
        if (_following is not null && !IsAway)
        {
            _isUnheard = Network?.Invoke() is Loss.Request or Loss.Answer;
        }

        if (IsAway || _isUnheard || _following is null)
        {
            return;
        }

        foreach (var property in _following.Properties.Where(p => p.Access != DeviceAccess.Write))
        {
            var seen = _seen.GetValueOrDefault(property.Name) ?? new PropertyState(property.Name);
            _seen[property.Name] = seen with { Reading = new Reading(_values[property.Name], Now), Fault = null };
        }
    }
}

/// <summary>What the network between agent and device loses of one exchange.</summary>
internal enum Loss
{
    None,
    Request,
    Answer,
}
