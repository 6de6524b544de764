using GitOps.Agent.Devices;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Devices.Upstream;

/// <summary>What is told of values that go up: each trouble once, until it is over. Used under the lock of the disk.</summary>
internal sealed class UpstreamNotes
{
    private bool _isFailing;

    public Action<Problem, UnitId>? Note { get; set; }

    /// <summary>Once until all was sent.</summary>
    public void Loss(string name, UpstreamDevice device)
    {
        if (!device.IsLosing)
        {
            device.IsLosing = true;
            Note?.Invoke(new Problem(UpstreamCodes.Full,
                What: $"values of {name} are dropped: its buffer is full, and {(device.Bounds.Keep == BufferKeep.Oldest ? "new ones are not taken" : "the oldest go")}",
                Fix: "give it a larger upstreamBuffer, a longer interval or a wider dead-band, or see why the control plane cannot be reached"), new UnitId(UnitKinds.Device, name));
        }
    }

    /// <summary>Null when the disk fails; that is noted once, until something was written.</summary>
    public T? Try<T>(string device, Func<T?> work)
    {
        try
        {
            return work();
        }
        catch (FileLayerException failure)
        {
            if (!_isFailing)
            {
                _isFailing = true;
                Note?.Invoke(new Problem(UpstreamCodes.NotKept, What: $"values of {device} wait in memory: {failure.Message}", Fix: "free some space in the agent's state directory"),
                    new UnitId(UnitKinds.Device, device));
            }

            return default;
        }
    }

    /// <summary>The disk works again.</summary>
    public void Written() => _isFailing = false;
}
