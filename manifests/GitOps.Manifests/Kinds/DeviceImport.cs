using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Manifests.Kinds;

/// <summary>
/// Puts the devices that files of another system describe behind one node. <paramref name="From"/> are paths relative to the
/// repository's root: files, or folders with everything below them.
/// </summary>
public sealed record DeviceImportSpec(
    string Node,
    EquatableArray<string> From,
    EquatableArray<string> Services,
    EquatableArray<string> Devices,
    EquatableArray<string> Leave,
    string? Prefix,
    WrittenBroker? Broker,
    EquatableArray<ImportedDesired> Desired)
{
    /// <summary>What speaks with the devices; null: the agent itself.</summary>
    public EdgeXBackend? Backend { get; init; }

    /// <summary>Which values go up to the control plane.</summary>
    public EquatableArray<ImportedUpstream> Upstream { get; init; }

    /// <summary>Where those of each device wait.</summary>
    public UpstreamBuffer? UpstreamBuffer { get; init; }

    /// <summary>Whether a file lies where this import looks.</summary>
    public bool Covers(string path)
    {
        foreach (var from in From)
        {
            if (from.Length == 0 || path == from || (path.StartsWith(from, StringComparison.Ordinal) && path[from.Length] == '/'))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Devices and watchers of this protocol stay with whoever serves them today.</summary>
    public bool Leaves(string protocol) => Leave.Any(left => left == "*" || string.Equals(left, protocol, StringComparison.OrdinalIgnoreCase));
}

/// <summary>Desired values of one device, by the name that its own system has for it.</summary>
public sealed record ImportedDesired(string Device, EquatableArray<DesiredProperty> Desired);

/// <summary>What goes up of one device, by the name that its own system has for it; <c>*</c>: of every other that has such a property.</summary>
public sealed record ImportedUpstream(string Device, EquatableArray<PropertyUpstream> Rules);

/// <summary>An MQTT broker, and who it knows the node as.</summary>
public sealed record WrittenBroker(string Url)
{
    public string? User { get; init; }

    public SecretReference? Password { get; init; }

    public string? Authority { get; init; }
}
