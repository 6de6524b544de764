using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Manifests.Kinds;

/// <summary>What a DeviceImport with an EdgeX behind it makes of its files, or Devices of one node that share an EdgeX: all of it is one unit of the node.</summary>
/// <param name="Objects">Canonical JSON; see <see cref="GitOps.Bundles.Units.EdgeXSpec.Objects"/>.</param>
public sealed record EdgeXSpec(
    string Node,
    string Metadata,
    WrittenBroker? Bus,
    string? Authority,
    EquatableArray<HttpHeader> Headers,
    bool Adopt,
    DeletionPolicy DeletionPolicy,
    string Objects)
{
    public DriftPolicy Drift { get; init; }

    public Suspension? Suspend { get; init; }

    /// <summary>As <see cref="GitOps.Bundles.Units.EdgeXSpec.Writes"/> has them.</summary>
    public EquatableArray<string> Writes { get; init; }
}

/// <summary>What can speak with devices besides the agent.</summary>
public enum BackendSystem
{
    EdgeX,
}

/// <summary>The EdgeX that speaks with a device, or with those of a DeviceImport, as the node reaches it.</summary>
public sealed record EdgeXBackend(string Metadata, string Command)
{
    public static EdgeXBackend Near { get; } = new("http://127.0.0.1:59881", "http://127.0.0.1:59882");

    /// <summary>The broker of its message bus.</summary>
    public WrittenBroker? Bus { get; init; }

    public string? Authority { get; init; }

    /// <summary>A JWT, where EdgeX asks for one.</summary>
    public SecretReference? Token { get; init; }

    /// <summary>The secrets it uses, each with the fields that name it.</summary>
    public IEnumerable<(SecretReference Secret, string[] Fields)> Secrets =>
    [
        .. Token is { } token ? [(token, (string[])["backend", "edgex", "token"])] : (IEnumerable<(SecretReference, string[])>)[],
        .. Bus?.Password is { } password ? [(password, (string[])["backend", "edgex", "bus", "password"])] : (IEnumerable<(SecretReference, string[])>)[],
    ];

    /// <summary>The device service of devices that name none.</summary>
    public string? Service { get; init; }

    public bool Adopt { get; init; }

    public DeletionPolicy DeletionPolicy { get; init; } = DeletionPolicy.Delete;

    public DriftPolicy Drift { get; init; }

    public Suspension? Suspend { get; init; }
}
