using System.Text;
using System.Text.Json;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.State;

/// <summary>
/// The units the node owns, in the form of a bundle. What a newer release wrote and this one does not know is kept as it is
/// written, so that it is still owned when a newer release is back.
/// </summary>
internal static class OwnedUnitsJson
{
    public static JsonElement Write(IEnumerable<Unit?> units, IEnumerable<(UnitId Id, string? Text)> unreadable)
    {
        var written = units.OfType<Unit>().Select(u => (u.Id, Bytes: BundleJson.ToBytes(u)))
            .Concat(unreadable.Where(u => u.Text is not null).Select(u => (u.Id, Bytes: Encoding.UTF8.GetBytes(u.Text!))))
            .OrderBy(u => u.Id)
            .Select(u => (ReadOnlyMemory<byte>)u.Bytes);
        using var json = JsonDocument.Parse(BundleJson.Join([.. written]));
        return json.RootElement.Clone();
    }

    /// <exception cref="FormatException">They are no units of any release.</exception>
    public static (Dictionary<UnitId, Unit> Read, Dictionary<UnitId, string> Unread) Read(JsonElement json)
    {
        if (BundleJson.Read(Encoding.UTF8.GetBytes(json.GetRawText())) is BundleReading.Read(var bundle))
        {
            return (bundle.Units.ToDictionary(u => u.Id), []);
        }

        Dictionary<UnitId, Unit> read = [];
        Dictionary<UnitId, string> unread = [];
        foreach (var unit in Units(json))
        {
            var text = unit.GetRawText();
            switch (BundleJson.Read(BundleJson.Join([Encoding.UTF8.GetBytes(text)])))
            {
                case BundleReading.Read(var one):
                    read.Add(one.Units[0].Id, one.Units[0]);
                    break;
                case BundleReading.Refused(var problems) when problems.All(p => p.Code == BundleCodes.UnknownUnit.Id):
                    unread.Add(IdOf(unit), text);
                    break;
                default:
                    throw new FormatException("the owned units are no bundle");
            }
        }

        return (read, unread);
    }

    private static JsonElement.ArrayEnumerator Units(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("units", out var units) && units.ValueKind == JsonValueKind.Array
            ? units.EnumerateArray()
            : throw new FormatException("the owned units are no bundle");

    private static UnitId IdOf(JsonElement unit) => UnitId.Parse($"{unit.GetProperty("kind").GetString()}/{unit.GetProperty("name").GetString()}");
}
