using System.Globalization;

namespace GitOps.ControlPlane.Api;

/// <summary>Which devices are asked for. Pages are cut by name, so that devices coming and going shift none.</summary>
public sealed record DeviceQuery
{
    /// <summary>The most devices a page has.</summary>
    public const int MaxLimit = 500;

    /// <summary><c>NODE/DEVICE</c> the page before ended with.</summary>
    public string? After { get; init; }

    public int Limit { get; init; } = 100;

    /// <summary>Only those behind it; null: all.</summary>
    public string? Node { get; init; }

    /// <summary>Reads the parameters of a request; what is wrong with them otherwise.</summary>
    public static (DeviceQuery? Query, string? Wrong) Read(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var query = new DeviceQuery();
        foreach (var (name, value) in parameters)
        {
            switch (name)
            {
                case "after" when value.Split('/') is [{ Length: > 0 }, { Length: > 0 }]:
                    query = query with { After = value };
                    break;
                case "limit" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= MaxLimit:
                    query = query with { Limit = limit };
                    break;
                case "node" when value.Length > 0:
                    query = query with { Node = value };
                    break;
                case "after" or "limit" or "node":
                    return (null, $"'{value}' is no value of '{name}'");
                default:
                    return (null, $"there is no parameter '{name}'; there are after, limit and node");
            }
        }

        return (query, null);
    }

    /// <summary>The same as a query string, with its <c>?</c>.</summary>
    public string ToQueryString() => string.Create(CultureInfo.InvariantCulture,
        $"?limit={Limit}{(After is null ? "" : $"&after={Uri.EscapeDataString(After)}")}{(Node is null ? "" : $"&node={Uri.EscapeDataString(Node)}")}");

    /// <summary>The page of these devices, which are sorted by node, then name (ordinal).</summary>
    public DevicePage Of(IEnumerable<DeviceDocument> devices)
    {
        var after = After?.Split('/');
        var found = devices
            .Where(device => Node is null || device.Node == Node)
            .SkipWhile(device => after is not null && Compare(device, after) <= 0)
            .Take(Limit + 1)
            .ToList();
        return found.Count > Limit
            ? new DevicePage(found[..Limit]) { Next = $"{found[Limit - 1].Node}/{found[Limit - 1].Name}" }
            : new DevicePage(found);
    }

    private static int Compare(DeviceDocument device, string[] after) =>
        string.CompareOrdinal(device.Node, after[0]) is var byNode && byNode != 0 ? byNode : string.CompareOrdinal(device.Name, after[1]);
}
