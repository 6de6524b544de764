using System.Globalization;

namespace GitOps.ControlPlane.Api;

/// <summary>Which values of a device are asked for; of those the newest.</summary>
public sealed record ValueQuery
{
    /// <summary>The most values a page has.</summary>
    public const int MaxLimit = 10_000;

    public required string Property { get; init; }

    /// <summary>This moment and later; null: from the first.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before this moment; null: up to the last.</summary>
    public DateTimeOffset? To { get; init; }

    public int Limit { get; init; } = 500;

    /// <summary>Reads the parameters of a request; what is wrong with them otherwise.</summary>
    public static (ValueQuery? Query, string? Wrong) Read(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var query = new ValueQuery { Property = "" };
        foreach (var (name, value) in parameters)
        {
            switch (name)
            {
                case "property" when value.Length > 0:
                    query = query with { Property = value };
                    break;
                case "from" when TryParse(value) is { } from:
                    query = query with { From = from };
                    break;
                case "to" when TryParse(value) is { } to:
                    query = query with { To = to };
                    break;
                case "limit" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= MaxLimit:
                    query = query with { Limit = limit };
                    break;
                case "property" or "from" or "to" or "limit":
                    return (null, $"'{value}' is no value of '{name}'");
                default:
                    return (null, $"there is no parameter '{name}'; there are property, from, to and limit");
            }
        }

        return query.Property.Length > 0 ? (query, null) : (null, "'property' is missing: one property of the device");
    }

    /// <summary>The same as a query string, with its <c>?</c>.</summary>
    public string ToQueryString() => string.Create(CultureInfo.InvariantCulture,
        $"?property={Uri.EscapeDataString(Property)}&limit={Limit}{Parameter("from", From)}{Parameter("to", To)}");

    private static string Parameter(string name, DateTimeOffset? time) =>
        time is { } its ? $"&{name}={Uri.EscapeDataString(its.UtcDateTime.ToString("O", CultureInfo.InvariantCulture))}" : "";

    private static DateTimeOffset? TryParse(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUniversalTime() : null;
}
