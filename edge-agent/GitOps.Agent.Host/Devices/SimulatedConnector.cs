using System.Collections.Immutable;
using GitOps.Agent.Devices;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices;

/// <summary>A device that exists in this process only. What was written to it outlives the process, as in a real one.</summary>
internal sealed class SimulatedConnector(string name, DeviceSpec spec, DeviceFiles files, TimeProvider time) : IDeviceConnector
{
    private ImmutableSortedDictionary<string, string> _written = files.ReadSimulated(name);

    public bool Pushes => false;

    public Action? Changed { get; set; }

    public Task<string?> OpenAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public Task<ReadAnswer> ReadAsync(IReadOnlyList<DeviceProperty> properties, CancellationToken cancellationToken)
    {
        var (now, receivedAt) = (time.GetUtcNow(), time.GetTimestamp());
        var answers = properties.Select(property => PropertyAnswer.Of(
            property.Name,
            _written.TryGetValue(property.Name, out var text)
                ? TextCodec.Decode(property, text)
                : new Decoded.Value(SimulatedDevice.Value(spec, property, now)),
            receivedAt));
        return Task.FromResult<ReadAnswer>(new ReadAnswer.Read(answers.ToEquatableArray()));
    }

    public Task<WriteAnswer> WriteAsync(DeviceProperty property, DeviceValue value, CancellationToken cancellationToken)
    {
        if (TextCodec.Encode(property, value) is not Encoded.Text(var text))
        {
            return Task.FromResult<WriteAnswer>(new WriteAnswer.Refused($"{value} is no {property.Type}"));
        }

        var written = _written.SetItem(property.Name, text);
        if (files.TryWriteSimulated(name, written) is { } why)
        {
            return Task.FromResult<WriteAnswer>(new WriteAnswer.NotSent(why));
        }

        _written = written;
        return Task.FromResult<WriteAnswer>(new WriteAnswer.Acknowledged());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
