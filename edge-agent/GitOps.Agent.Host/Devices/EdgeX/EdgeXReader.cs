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
        foreach (var (kind, list, member) in new[]
        {
            (EdgeXKind.Profile, "deviceprofile", "profiles"), (EdgeXKind.Device, "device", "devices"), (EdgeXKind.Watcher, "provisionwatcher", "provisionWatchers"),
        })
        {
            var (items, why) = await ListAsync(rest, list, member, cancellationToken);
            if (items is null)
            {
                return (null, why);
            }

            foreach (var item in items)
            {
                if (EdgeXObject.Read(kind, item) is { } one)
                {
                    objects.Add(one);
                }
            }
        }

        var (services, whyNot) = await ListAsync(rest, "deviceservice", "services", cancellationToken);
        if (services is null)
        {
            return (null, whyNot);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var service in services)
        {
            names.Add(NameOf(service));
        }

        return (new EdgeXLive(version, objects, names), null);
    }

    private static async Task<(List<JsonElement>? Items, string? Why)> ListAsync(
        EdgeXRest rest, string list, string member, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (items, why) = await ListOnceAsync(rest, list, member, cancellationToken);
            if (items is not null || why is not null)
            {
                return (items, why);
            }
        }

        return (null, $"the list of every {list} changes faster than it can be read");
    }

    // Neither, when it changed between two pages.
    private static async Task<(List<JsonElement>? Items, string? Why)> ListOnceAsync(
        EdgeXRest rest, string list, string member, CancellationToken cancellationToken)
    {
        List<JsonElement> items = [];
        var names = new HashSet<string>(StringComparer.Ordinal);
        uint? total = null;
        do
        {
            using var page = await rest.GetAsync(
                string.Create(CultureInfo.InvariantCulture, $"{list}/all?offset={items.Count}&limit={Page}"), Limit, cancellationToken);
            if (!page.IsGood)
            {
                return page.Status == 416 && items.Count > 0 ? (null, null) : (null, page.Why);
            }

            var root = page.Body!.RootElement;
            if (!root.TryGetProperty("totalCount"u8, out var count) || !count.TryGetUInt32(out var all) ||
                !root.TryGetProperty(member, out var array) || array.ValueKind is not (JsonValueKind.Array or JsonValueKind.Null))
            {
                return (null, $"GET {list}/all is answered with something that is not of EdgeX 3 or 4");
            }

            if (total is { } before && before != all)
            {
                return (null, null);
            }

            total = all;
            var had = items.Count;
            if (array.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in array.EnumerateArray())
                {
                    items.Add(item.Clone());
                    names.Add(NameOf(item));
                }
            }

            if (names.Count != items.Count || (items.Count == had && items.Count < total))
            {
                return (null, null);
            }
        }
        while (items.Count < total);

        return (items, null);
    }

    private static string NameOf(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("name"u8, out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : "";
}
