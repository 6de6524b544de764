using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using GitOps.Bundles.Json;
using GitOps.Bundles.Units;

namespace GitOps.Bundles;

/// <summary>A unit on the wire: its spec stays opaque until the kind is known.</summary>
internal sealed record UnitEnvelope
{
    public required string Kind { get; init; }

    public required string Name { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<UnitId> Requires { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<Probe> Probes { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DriftPolicy Drift { get; init; }

    public string? Suspend { get; init; }

    public required JsonElement Spec { get; init; }
}

internal sealed record BundleDocument(int Format, EquatableArray<UnitEnvelope> Units);

/// <summary>
/// Reads bundles in two passes, so that a node can name everything in it that it does not know, and the version that would.
/// </summary>
public static class BundleJson
{
    /// <summary>A bundle is small: contents are blobs. What is larger is an attack or a mistake.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private static readonly Dictionary<string, JsonTypeInfo> SpecTypes = new(StringComparer.Ordinal)
    {
        [UnitKinds.Agent] = BundleContext.Default.AgentSpec,
        [UnitKinds.File] = BundleContext.Default.FileSpec,
        [UnitKinds.Workload] = BundleContext.Default.WorkloadSpec,
        [UnitKinds.Volume] = BundleContext.Default.VolumeSpec,
        [UnitKinds.Clock] = BundleContext.Default.ClockSpec,
        [UnitKinds.Device] = BundleContext.Default.DeviceSpec,
        [UnitKinds.Uplink] = BundleContext.Default.UplinkSpec,
        [UnitKinds.Sync] = BundleContext.Default.SyncSpec,
        [UnitKinds.EdgeX] = BundleContext.Default.EdgeXSpec,
    };

    private static readonly Dictionary<string, JsonTypeInfo> WrittenSpecTypes = new(StringComparer.Ordinal)
    {
        [UnitKinds.Agent] = CanonicalWriter.TypeOf<AgentSpec>(),
        [UnitKinds.File] = CanonicalWriter.TypeOf<FileSpec>(),
        [UnitKinds.Workload] = CanonicalWriter.TypeOf<WorkloadSpec>(),
        [UnitKinds.Volume] = CanonicalWriter.TypeOf<VolumeSpec>(),
        [UnitKinds.Clock] = CanonicalWriter.TypeOf<ClockSpec>(),
        [UnitKinds.Device] = CanonicalWriter.TypeOf<DeviceSpec>(),
        [UnitKinds.Uplink] = CanonicalWriter.TypeOf<UplinkSpec>(),
        [UnitKinds.Sync] = CanonicalWriter.TypeOf<SyncSpec>(),
        [UnitKinds.EdgeX] = CanonicalWriter.TypeOf<EdgeXSpec>(),
    };

    public static BundleReading Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            return Refuse(BundleCodes.Unreadable, $"the bundle has {bytes.Length} bytes, at most {MaxBytes} are read");
        }

        if (!Utf8.IsValid(bytes.Span))
        {
            return Refuse(BundleCodes.Unreadable, "the bundle is not UTF-8"); // the parser looks at text only when it is asked for it
        }

        try
        {
            using var json = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false });
            return Read(json.RootElement);
        }
        catch (JsonException e)
        {
            return Refuse(BundleCodes.Unreadable, $"the bundle is not the JSON it should be: {e.Message}");
        }
    }

    /// <summary>
    /// The agent that a bundle asks for, whatever else is in it: what this agent does not know, in the other units or in this
    /// one, may be what the newer agent is for. Null when it asks for none, or is no bundle of this format.
    /// </summary>
    public static AgentSpec? FindAgent(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxBytes || !Utf8.IsValid(bytes.Span))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false });
            if (!json.RootElement.GetProperty("format"u8).TryGetInt32(out var format) || format != Bundle.CurrentFormat)
            {
                return null;
            }

            foreach (var unit in json.RootElement.GetProperty("units"u8).EnumerateArray())
            {
                if (unit.GetProperty("kind"u8).ValueEquals(UnitKinds.Agent) && unit.GetProperty("name"u8).ValueEquals(AgentSpec.SelfName))
                {
                    var spec = unit.GetProperty("spec"u8);
                    var agent = new AgentSpec
                    {
                        Version = spec.GetProperty("version"u8).GetString() ?? throw new JsonException("the version is null"),
                        Executable = spec.GetProperty("executable"u8).Deserialize(BundleContext.Default.EquatableArrayContentPart),
                    };
                    return agent.Blob.SizeBytes > 0 ? agent : null;
                }
            }

            return null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>One unit as it stands in a bundle's canonical bytes: the same for every bundle that has it.</summary>
    public static byte[] ToBytes(Unit unit) => CanonicalWriter.Write(unit, static (json, unit) =>
    {
        // The members of UnitEnvelope.
        json.WriteStartObject();
        if (unit.Drift == DriftPolicy.Warn)
        {
            json.WriteString("drift"u8, "warn"u8);
        }

        json.WriteString("kind"u8, unit.Spec.Kind);
        json.WriteString("name"u8, unit.Name);
        Write(json, "probes", unit.Probes);
        Write(json, "requires", unit.Requires);
        json.WritePropertyName("spec"u8);
        JsonSerializer.Serialize(json, unit.Spec, WrittenSpecTypes[unit.Spec.Kind]);
        if (unit.Suspend is { } reason)
        {
            json.WriteString("suspend"u8, reason);
        }

        json.WriteEndObject();
    });

    /// <summary>The canonical bytes of a bundle.</summary>
    /// <param name="units">What <see cref="ToBytes"/> gave for each, in the order of their ids.</param>
    public static byte[] Join(IReadOnlyList<ReadOnlyMemory<byte>> units)
    {
        var bytes = new byte[LengthOf(units)];
        var rest = Append(bytes, Opening);
        for (var i = 0; i < units.Count; i++)
        {
            rest = Append(i == 0 ? rest : Append(rest, ","u8), units[i].Span);
        }

        Append(rest, "]}"u8);
        return bytes;
    }

    /// <summary>How many bytes <see cref="Join"/> gives.</summary>
    public static int LengthOf(IReadOnlyList<ReadOnlyMemory<byte>> units)
    {
        var length = Opening.Length + 2 + Math.Max(0, units.Count - 1);
        for (var i = 0; i < units.Count; i++)
        {
            length += units[i].Length;
        }

        return length;
    }

    // Members in canonical order: "format" before "units".
    private static ReadOnlySpan<byte> Opening => """{"format":1,"units":["""u8;

    private static void Write<T>(Utf8JsonWriter json, string name, EquatableArray<T> items)
        where T : IEquatable<T>
    {
        if (!items.IsEmpty)
        {
            json.WritePropertyName(name);
            JsonSerializer.Serialize(json, items, CanonicalWriter.TypeOf<EquatableArray<T>>());
        }
    }

    private static Span<byte> Append(Span<byte> target, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(target);
        return target[bytes.Length..];
    }

    private static BundleReading Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("format", out var format) ||
            format.ValueKind != JsonValueKind.Number || !format.TryGetInt32(out var version))
        {
            return Refuse(BundleCodes.Unreadable, "the bundle does not say its format");
        }

        if (version != Bundle.CurrentFormat)
        {
            return new BundleReading.Refused([UnknownFormat(version)]);
        }

        List<Problem> problems = [.. Unknown(root, BundleContext.Default.BundleDocument, "bundle")];
        if (problems.Count > 0)
        {
            return new BundleReading.Refused(problems.ToEquatableArray());
        }

        var document = root.Deserialize(BundleContext.Default.BundleDocument)!;
        var units = document.Units.Select(envelope => ToUnit(envelope, problems)).OfType<Unit>().ToList();
        foreach (var twice in document.Units.GroupBy(e => (e.Kind, e.Name)).Where(g => g.Count() > 1))
        {
            problems.Add(Unreadable($"two units are called {twice.Key.Kind}/{twice.Key.Name}"));
        }

        return problems.Count > 0
            ? new BundleReading.Refused(problems.ToEquatableArray())
            : new BundleReading.Read(Bundle.Of(units));
    }

    private static Unit? ToUnit(UnitEnvelope envelope, List<Problem> problems)
    {
        var id = $"{envelope.Kind}/{envelope.Name}";
        if (!Label.IsValid(envelope.Name))
        {
            problems.Add(Unreadable($"'{id}' is not a unit's name"));
            return null;
        }

        if (!SpecTypes.TryGetValue(envelope.Kind, out var type))
        {
            problems.Add(new Problem(BundleCodes.UnknownUnit,
                What: $"{id} is of a kind this agent does not know; it knows [{string.Join(", ", SpecTypes.Keys)}]",
                Fix: "upgrade the agent, or lower Fleet.spec.bundleFormat"));
            return null;
        }

        var unknown = Unknown(envelope.Spec, type, id).ToList();
        problems.AddRange(unknown);
        if (unknown.Count > 0)
        {
            return null;
        }

        try
        {
            var spec = (UnitSpec?)envelope.Spec.Deserialize(type) ?? throw new JsonException("the spec is null");
            if (spec is WorkloadSpec workload && workload.Process is null == workload.Containers is null)
            {
                throw new JsonException("a workload has exactly one of 'process' and 'containers'");
            }

            if (spec is AgentSpec agent && (envelope.Name != AgentSpec.SelfName || agent.Blob.SizeBytes == 0))
            {
                throw new JsonException($"an agent is called '{AgentSpec.SelfName}' and has an executable");
            }

            return new Unit(envelope.Name, spec is DeviceSpec device ? DeviceValues.Typed(device) : spec)
            {
                Requires = envelope.Requires,
                Probes = envelope.Probes,
                Drift = envelope.Drift,
                Suspend = envelope.Suspend,
            };
        }
        catch (JsonException e)
        {
            problems.Add(Unreadable($"{id} cannot be read: {e.Message}"));
            return null;
        }
    }

    private static IEnumerable<Problem> Unknown(JsonElement json, JsonTypeInfo type, string where) =>
        UnknownMembers.In(json, type, where).Select(path => new Problem(BundleCodes.UnknownUnit,
            What: $"{path} is a field this agent does not know",
            Fix: "upgrade the agent, or lower Fleet.spec.bundleFormat"));

    private static Problem UnknownFormat(int version) => new(BundleCodes.UnknownFormat,
        What: $"the bundle has format {version}, this agent reads format {Bundle.CurrentFormat}",
        Fix: "upgrade the agent, or lower Fleet.spec.bundleFormat");

    private static Problem Unreadable(string what) => new(BundleCodes.Unreadable, what, "report it: no release of ours writes such a bundle");

    private static BundleReading.Refused Refuse(ErrorCode code, string what) =>
        new([new Problem(code, what, "report it: no release of ours writes such a bundle")]);
}
