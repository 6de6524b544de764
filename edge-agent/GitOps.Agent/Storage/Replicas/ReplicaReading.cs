using System.Text.Json;
using GitOps.Bundles;

namespace GitOps.Agent.Storage.Replicas;

/// <summary>One moment of a replica, as Syncthing's REST interface says it.</summary>
/// <param name="State">Such as <c>idle</c>, <c>scanning</c> or <c>syncing</c>.</param>
/// <param name="NeededItems">What the others have and the node has not.</param>
/// <param name="Changed">Items that the node, following another, has changed by itself.</param>
/// <param name="Sequence">Grows with every change of what is known of the folder, here or elsewhere.</param>
/// <param name="Error">Why the folder cannot be used, or files of it; null while all is well.</param>
public sealed record ReplicaReading(
    string State, long Files, long Bytes, long NeededItems, long NeededBytes, long Changed, long Sequence, string? Error)
{
    /// <summary>Nodes that are connected, each with what it still needs.</summary>
    public EquatableArray<ReplicaNeed> Connected { get; init; }

    /// <summary>Machines that were not let in, as <c>ID at ADDRESS</c>.</summary>
    public EquatableArray<string> Strangers { get; init; }

    public bool IsAtRest => State is "idle";

    /// <summary>Of <c>/rest/db/status</c>; null when the bytes are something else.</summary>
    public static ReplicaReading? TryParse(ReadOnlyMemory<byte> status) => Read<ReplicaReading?>(status, null, root =>
    {
        var refused = Number(root, "errors");
        return new ReplicaReading(
            Word(root, "state") ?? "", Number(root, "globalFiles"), Number(root, "globalBytes"), Number(root, "needTotalItems"), Number(root, "needBytes"),
            Number(root, "receiveOnlyTotalItems"), Number(root, "sequence"),
            Word(root, "error") ?? (refused == 0 ? null : $"{refused} files cannot be brought into place"));
    });

    /// <summary>The ids that are connected, of <c>/rest/system/connections</c>.</summary>
    public static IReadOnlySet<string> ConnectedIds(ReadOnlyMemory<byte> connections) => Read<HashSet<string>>(connections, [], root =>
        root.TryGetProperty("connections", out var devices) && devices.ValueKind == JsonValueKind.Object
            ? devices.EnumerateObject().Where(device => device.Value.TryGetProperty("connected", out var value) && value.ValueKind == JsonValueKind.True)
                .Select(device => device.Name).ToHashSet(StringComparer.Ordinal)
            : []);

    /// <summary>What a node still needs, of <c>/rest/db/completion</c>; null when that is not known.</summary>
    public static long? Needs(ReadOnlyMemory<byte> completion) => Read<long?>(completion, null, root =>
        Number(root, "needItems") + Number(root, "needDeletes"));

    /// <summary>Of <c>/rest/cluster/pending/devices</c>.</summary>
    public static EquatableArray<string> StrangersOf(ReadOnlyMemory<byte> pending) => Read<EquatableArray<string>>(pending, [], root =>
        root.EnumerateObject().Select(device => $"{device.Name} at {Word(device.Value, "address")}").Order(StringComparer.Ordinal).ToEquatableArray());

    /// <summary>Paths within the folder, of <c>/rest/db/localchanged</c>.</summary>
    public static IReadOnlyList<string> ChangedPaths(ReadOnlyMemory<byte> changed) => Read<IReadOnlyList<string>>(changed, [], root =>
        root.TryGetProperty("files", out var files) && files.ValueKind == JsonValueKind.Array
            ? [.. files.EnumerateArray().Select(file => Word(file, "name")).OfType<string>()] : []);

    private static long Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : 0;

    private static string? Word(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private static T Read<T>(ReadOnlyMemory<byte> json, T otherwise, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : otherwise;
        }
        catch (JsonException)
        {
            return otherwise;
        }
    }
}

/// <param name="Items">Null when that is not known.</param>
public sealed record ReplicaNeed(string Node, long? Items);
