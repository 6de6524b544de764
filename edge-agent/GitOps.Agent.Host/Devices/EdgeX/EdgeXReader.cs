using System.Globalization;
using System.Text.Json;
using GitOps.Agent.Devices.EdgeX;

namespace GitOps.Agent.Host.Devices.EdgeX;

/// <summary>Reads everything that a core-metadata holds, page by page.</summary>
internal static class EdgeXReader
{
    /// <summary>A page; core-metadata takes up to 1,024 unless it is configured to take less.</summary>
    private const int Page = 100;

    /// <summary>How often a list is begun again that somebody changes while it is read.</summary>
    private const int Attempts = 3;

    /// <summary>It became another list between two pages.</summary>
    private const string Changed = "";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <returns>All of it, or why not: never a part.</returns>
    public static async Task<(EdgeXLive? Live, string? Why)> ReadAsync(EdgeXRest rest, CancellationToken cancellationToken)
    {
        using var said = await rest.GetAsync("version", Limit, cancellationToken);
        if (!said.IsGood)
        {
            return (null, said.Why);
        }

        var version = EdgeXVersion.Of(said.Body!.RootElement.TryGetProperty("version"u8, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "");
        List<EdgeXObject> objects = [];
        if (await ReadListAsync(rest, EdgeXKind.Profile, "deviceprofile", "profiles", objects, cancellationToken) is { } profiles)
        {
            return (null, profiles);
        }

        if (await ReadListAsync(rest, EdgeXKind.Device, "device", "devices", objects, cancellationToken) is { } devices)
        {
            return (null, devices);
        }

        if (await ReadListAsync(rest, EdgeXKind.Watcher, "provisionwatcher", "provisionWatchers", objects, cancellationToken) is { } watchers)
        {
            return (null, watchers);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var why = await ListAsync(rest, "deviceservice", "services", names, default, found: null, cancellationToken);
        return why is null ? (new EdgeXLive(version, objects, names), null) : (null, why);
    }

    /// <returns>Why it could not be read; null when it could.</returns>
    private static async Task<string?> ReadListAsync(
        EdgeXRest rest, EdgeXKind kind, string list, string member, List<EdgeXObject> objects, CancellationToken cancellationToken)
    {
        List<EdgeXObject> found = [];
        var why = await ListAsync(rest, list, member, new HashSet<string>(StringComparer.Ordinal), kind, found, cancellationToken);
        objects.AddRange(found);
        return why;
    }

    private static async Task<string?> ListAsync(
        EdgeXRest rest, string list, string member, HashSet<string> names, EdgeXKind kind, List<EdgeXObject>? found, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            names.Clear();
            found?.Clear();
            var end = await ListOnceAsync(rest, list, member, names, kind, found, cancellationToken);
            if (end != Changed)
            {
                return end;
            }
        }

        return $"the list of every {list} changes faster than it can be read";
    }

    private static async Task<string?> ListOnceAsync(
        EdgeXRest rest, string list, string member, HashSet<string> names, EdgeXKind kind, List<EdgeXObject>? found, CancellationToken cancellationToken)
    {
        var (read, total) = (0, -1);
        do
        {
            using var page = await rest.GetAsync(
                string.Create(CultureInfo.InvariantCulture, $"{list}/all?offset={read}&limit={Page}"), Limit, cancellationToken);
            if (!page.IsGood)
            {
                return page.Status == 416 && read > 0 ? Changed : page.Why;
            }

            var root = page.Body!.RootElement;
            if (!root.TryGetProperty("totalCount"u8, out var count) || !count.TryGetInt32(out var all) ||
                !root.TryGetProperty(member, out var array) || array.ValueKind is not (JsonValueKind.Array or JsonValueKind.Null))
            {
                return $"GET {list}/all is answered with something that is not of EdgeX 3 or 4";
            }

            if (total >= 0 && total != all)
            {
                return Changed;
            }

            total = all;
            var had = read;
            if (array.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in array.EnumerateArray())
                {
                    read++;
                    names.Add(NameOf(item));
                    if (found is not null && EdgeXObject.Read(kind, item) is { } one)
                    {
                        found.Add(one);
                    }
                }
            }

            if (names.Count != read || (read == had && read < total))
            {
                return Changed;
            }
        }
        while (read < total);

        return null;
    }

    private static string NameOf(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("name"u8, out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : "";
}
