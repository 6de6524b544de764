using System.Globalization;
using GitOps.Bundles;

namespace GitOps.ControlPlane.Api;

/// <summary>Which nodes are asked for. Pages are cut by name, so that nodes coming and going shift none.</summary>
public sealed record NodeQuery
{
    /// <summary>The most nodes a page has.</summary>
    public const int MaxLimit = 500;

    /// <summary>The name the page before ended with.</summary>
    public string? After { get; init; }

    public int Limit { get; init; } = 100;

    /// <summary>One of the phases of a report, or <c>silent</c>.</summary>
    public string? Phase { get; init; }

    public bool? Online { get; init; }

    /// <summary>All of them must be on the node.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads the parameters of a request; what is wrong with them otherwise.</summary>
    /// <param name="parameters">Name and value, in order; <c>label</c> may be there more than once.</param>
    public static (NodeQuery? Query, string? Wrong) Read(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var query = new NodeQuery();
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in parameters)
        {
            switch (name)
            {
                case "after" when Label.IsValid(value):
                    query = query with { After = value };
                    break;
                case "limit" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= MaxLimit:
                    query = query with { Limit = limit };
                    break;
                case "phase" when value is NodeSummary.SilentPhase or "converged" or "applying" or "waiting" or "degraded" or "failed":
                    query = query with { Phase = value };
                    break;
                case "online" when bool.TryParse(value, out var online):
                    query = query with { Online = online };
                    break;
                case "label" when value.IndexOf('=', StringComparison.Ordinal) is > 0 and var at:
                    labels[value[..at]] = value[(at + 1)..];
                    break;
                case "after" or "limit" or "phase" or "online" or "label":
                    return (null, $"'{value}' is no value of '{name}'");
                default:
                    return (null, $"there is no parameter '{name}'; there are after, limit, phase, online and label");
            }
        }

        return (query with { Labels = labels }, null);
    }

    /// <summary>The same as a query string, with its <c>?</c>; empty when there is nothing to say.</summary>
    public string ToQueryString()
    {
        List<string> parts = [string.Create(CultureInfo.InvariantCulture, $"limit={Limit}")];
        Add("after", After);
        Add("phase", Phase);
        Add("online", Online is { } online ? (online ? "true" : "false") : null);
        foreach (var (key, value) in Labels)
        {
            Add("label", $"{key}={value}");
        }

        return "?" + string.Join('&', parts);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                parts.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        }
    }

    /// <summary>The page of these nodes, which are sorted by name (ordinal).</summary>
    public NodePage Of(IEnumerable<NodeSummary> nodes)
    {
        var found = nodes
            .SkipWhile(node => After is not null && string.CompareOrdinal(node.Name, After) <= 0)
            .Where(Matches)
            .Take(Limit + 1)
            .ToList();
        return found.Count > Limit
            ? new NodePage(found[..Limit]) { Next = found[Limit - 1].Name }
            : new NodePage(found);
    }

    private bool Matches(NodeSummary node) =>
        (Phase is null || node.Phase == Phase) &&
        (Online is null || node.Online == Online) &&
        Labels.All(label => node.Labels.TryGetValue(label.Key, out var value) && value == label.Value);
}
