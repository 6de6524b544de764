using System.Globalization;
using System.Text;
using GitOps.Agent.Devices;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices.Mappers;

/// <summary>
/// A device in the hands of a mapper. Reading looks at what the mapper said last; writing gives the mapper the value and waits
/// until it says that the device has it.
/// </summary>
internal sealed class MapperConnector : IDeviceConnector
{
    /// <summary>A mapper says nothing for longer: neither it nor the device is as it should be.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    private readonly DeviceSpec _spec;
    private readonly MapperGateway _gateway;
    private readonly Func<EquatableArray<ContentPart>, (byte[]? Bytes, Problem? Missing)> _contents;
    private readonly TimeProvider _time;
    private readonly MapperEars _ears;
    private readonly TimeSpan? _patience;
    private byte[]? _device;
    private long _begun;

    public MapperConnector(
        string name, DeviceSpec spec, MapperGateway gateway, Func<EquatableArray<ContentPart>, (byte[]? Bytes, Problem? Missing)> contents, TimeProvider time)
    {
        (_spec, _gateway, _contents, _time, _begun) = (spec, gateway, contents, time, time.GetTimestamp());
        TimeSpan? soonest = null;
        foreach (var property in spec.Properties)
        {
            soonest = GatewayJson.CycleOf(spec, property) is { } its && !(its > soonest) ? its : soonest;
        }

        _patience = soonest is { } cycle ? (cycle * 3) + DeviceEndpoint.Timeout(spec.Connection) + Slack : null;
        _ears = gateway.Join(name, () => Changed?.Invoke());
    }

    public bool Pushes => true;

    public Action? Changed { get; set; }

    public async Task<string?> OpenAsync(CancellationToken cancellationToken)
    {
        string? missing = null;
        _device ??= GatewayJson.Device(_spec, setting =>
        {
            var (bytes, problem) = _contents(setting.Value);
            missing ??= problem?.What;
            return bytes is null ? null : Encoding.UTF8.GetString(bytes);
        });
        if (_device is null)
        {
            return $"a value for the mapper is not on this node: {missing}";
        }

        var before = _ears.AnnouncedTo;
        var why = await _gateway.AnnounceAsync(_ears, _device, cancellationToken);
        if (_ears.AnnouncedTo != before)
        {
            _begun = _time.GetTimestamp();
        }

        return why;
    }

    public Task<ReadAnswer> ReadAsync(IReadOnlyList<DeviceProperty> properties, CancellationToken cancellationToken)
    {
        if (WhyNot() is { } why)
        {
            return Task.FromResult<ReadAnswer>(new ReadAnswer.NoAnswer(why));
        }

        List<PropertyAnswer> answers = [];
        foreach (var property in properties)
        {
            if (_ears.Twin(property.Name) is { } twin)
            {
                answers.Add(PropertyAnswer.Of(property.Name, TextCodec.Decode(property, twin.Text), twin.At));
            }
        }

        return Task.FromResult<ReadAnswer>(new ReadAnswer.Read(answers.ToEquatableArray()));
    }

    public async Task<WriteAnswer> WriteAsync(DeviceProperty property, DeviceValue value, CancellationToken cancellationToken)
    {
        if (TextCodec.Encode(property, value) is not Encoded.Text(var text))
        {
            return new WriteAnswer.Refused($"{value} cannot be sent as {property.Type}");
        }

        if (text.Length == 0)
        {
            return new WriteAnswer.Refused("mappers take an empty text for none");
        }

        if (await OpenAsync(cancellationToken) is { } why)
        {
            return new WriteAnswer.NotSent(why);
        }

        var timeout = DeviceEndpoint.Timeout(_spec.Connection);
        var order = GatewayJson.Order(property.Name, text, timeout, DeviceEndpoint.IsReadable(_spec, property));
        return await _gateway.WriteAsync(_ears.Name, order, timeout + TimeSpan.FromSeconds(40), cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _gateway.Leave(_ears);
        return ValueTask.CompletedTask;
    }

    private string? WhyNot()
    {
        if (_gateway.Why is { } why)
        {
            return why;
        }

        var (problem, state, heardAt) = _ears.Device;
        if (problem is not null)
        {
            return problem;
        }

        if (state is not null && state.ToLowerInvariant() is "offline" or "disconnected" or "unhealthy" or "unknown")
        {
            return $"its mapper says that it is {state}";
        }

        return _patience is { } patience && _time.GetElapsedTime(Math.Max(heardAt, _begun)) is var silence && silence > patience
            ? string.Create(CultureInfo.InvariantCulture, $"its mapper has said nothing of it for {(long)silence.TotalSeconds} s")
            : null;
    }
}
