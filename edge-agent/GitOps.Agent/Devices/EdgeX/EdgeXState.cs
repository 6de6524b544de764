using GitOps.Bundles;

namespace GitOps.Agent.Devices.EdgeX;

/// <summary>An EdgeX as the driver sees it.</summary>
public sealed record EdgeXState
{
    /// <summary>The label that tells whose an object is.</summary>
    public required string Mark { get; init; }

    /// <summary>Monotonic.</summary>
    public required TimeSpan Now { get; init; }

    /// <summary>Null with <see cref="Broken"/>.</summary>
    public EdgeXObjects? Desired { get; init; }

    /// <summary>Why what is desired is not known on this node.</summary>
    public string? Broken { get; init; }

    /// <summary>As read last, whole; null until then.</summary>
    public EdgeXLive? Live { get; init; }

    /// <summary>Keys of objects that carried the mark at some time since the start.</summary>
    public IReadOnlySet<string> Seen { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Why it could not be read; null when it could.</summary>
    public string? Away { get; init; }

    /// <summary>What EdgeX did not take.</summary>
    public EquatableArray<EdgeXRefusal> Refusals { get; init; }
}

/// <summary>Everything that core-metadata holds, read at one time.</summary>
/// <param name="services">The device services that are registered.</param>
public sealed class EdgeXLive(EdgeXVersion version, IReadOnlyList<EdgeXObject> objects, IReadOnlyCollection<string> services)
{
    public EdgeXVersion Version => version;

    public IReadOnlyList<EdgeXObject> Objects => objects;

    public IReadOnlyCollection<string> Services => services;

    public IReadOnlyDictionary<string, EdgeXObject> ByKey { get; } = Index(objects);

    /// <summary>Whether this is what was known: nothing that counts is other.</summary>
    public bool Says(EdgeXLive? known)
    {
        if (known is null || known.Version != Version || known.Objects.Count != Objects.Count || !Services.All(known.Services.Contains))
        {
            return false;
        }

        foreach (var one in Objects)
        {
            if (!known.ByKey.TryGetValue(one.Key, out var other) || EdgeXForm.Differences(one, other).Count > 0 || EdgeXForm.Differences(other, one).Count > 0)
            {
                return false;
            }
        }

        return true;
    }

    private static Dictionary<string, EdgeXObject> Index(IReadOnlyList<EdgeXObject> objects)
    {
        var index = new Dictionary<string, EdgeXObject>(objects.Count, StringComparer.Ordinal);
        foreach (var one in objects)
        {
            index.TryAdd(one.Key, one);
        }

        return index;
    }
}

/// <summary>An object that EdgeX did not take, and what it said.</summary>
/// <param name="Version">Which version of it; another one is tried at once.</param>
public sealed record EdgeXRefusal(string Key, string Version, string Why, TimeSpan At)
{
    /// <summary>The version of an object that is to go.</summary>
    public const string Removal = "";
}

/// <summary>Which EdgeX it is, as <c>GET /version</c> says.</summary>
public sealed record EdgeXVersion(int Major, string Text)
{
    /// <summary>One that does not say (a build of one's own) is taken for the newest.</summary>
    public static EdgeXVersion Of(string text)
    {
        var end = text.IndexOf('.', StringComparison.Ordinal);
        return new EdgeXVersion(end > 0 && int.TryParse(text.AsSpan(0, end), out var major) && major > 0 ? major : 4, text);
    }

    /// <summary>What of an object this EdgeX would drop without a word; null when it takes all of it.</summary>
    internal string? Unsupported(EdgeXObject one)
    {
        if (Major >= 4)
        {
            return null;
        }

        return one.Kind == EdgeXKind.Device && one.Fields.ContainsKey("parent") ? Needs("parent")
            : one.Kind == EdgeXKind.Device && one.Text("profileName").Length == 0 ? $"EdgeX {Text} needs a profileName; EdgeX 4 takes a device without"
            : one.Kind == EdgeXKind.Device && !one.Fields.ContainsKey("protocols") ? $"EdgeX {Text} needs a protocol; EdgeX 4 takes a device without"
            : one.Fields.TryGetValue("autoEvents", out var events) || one.Fields.TryGetValue("discoveredDevice", out events)
                ? Needs(events.Contains("\"onChangeThreshold\":", StringComparison.Ordinal) ? "onChangeThreshold"
                    : events.Contains("\"retention\":", StringComparison.Ordinal) ? "retention" : null)
            : null;
    }

    private string? Needs(string? field) => field is null ? null : $"EdgeX {Text} has no '{field}'; EdgeX 4 has";
}
