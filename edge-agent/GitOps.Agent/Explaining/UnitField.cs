using System.Globalization;
using System.Text.Json;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Explaining;

/// <summary>Finds a field of a unit by its path, in the words of the bundle (docs/contracts.md §1).</summary>
public static class UnitField
{
    /// <summary>What is at a path. Closed.</summary>
    public abstract record Reading
    {
        private Reading() { } // closed: every case is in this file

        public sealed record Found(string Json) : Reading;

        /// <param name="Above">The last part of the path that is there.</param>
        /// <param name="Known">What that has.</param>
        public sealed record Absent(string Above, EquatableArray<string> Known) : Reading;
    }

    /// <param name="path">Members joined by dots, of <c>spec</c> or of the unit itself; items of a list by <c>name</c> or position.</param>
    public static Reading Find(Unit unit, string path)
    {
        using var json = JsonDocument.Parse(Bundle.Of([unit]).ToBytes());
        var envelope = json.RootElement.GetProperty("units")[0];
        var parts = path.Split('.');
        var element = envelope.TryGetProperty(parts[0], out _) ? envelope : envelope.GetProperty("spec");
        for (var i = 0; i < parts.Length; i++)
        {
            if (Step(element, parts[i]) is not { } next)
            {
                return new Reading.Absent(i == 0 ? unit.Id.ToString() : string.Join('.', parts[..i]), Names(element).ToEquatableArray());
            }

            element = next;
        }

        return new Reading.Found(element.GetRawText());
    }

    private static JsonElement? Step(JsonElement element, string part)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object when element.TryGetProperty(part, out var member):
                return member;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("name", out var name) && name.GetString() == part)
                    {
                        return item;
                    }
                }

                return int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < element.GetArrayLength()
                    ? element[index]
                    : null;
            default:
                return null;
        }
    }

    private static IEnumerable<string> Names(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Select(m => m.Name),
        JsonValueKind.Array => element.EnumerateArray().Select((item, index) =>
            item.ValueKind == JsonValueKind.Object && item.TryGetProperty("name", out var name) && name.GetString() is { } text
                ? text
                : index.ToString(CultureInfo.InvariantCulture)),
        _ => [],
    };
}
