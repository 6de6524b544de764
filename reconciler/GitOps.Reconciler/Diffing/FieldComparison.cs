using System.Text.Json;
using GitOps.Bundles;

namespace GitOps.Reconciler.Diffing;

/// <summary>Compares the JSON of two units field by field. Items of a list are told apart by their name where they have one.</summary>
internal sealed class FieldComparison(ContentText oldContents, ContentText newContents)
{
    private static readonly JsonElement Nothing = JsonElement.Parse("{}");
    private readonly List<FieldDiff> _fields = [];

    public EquatableArray<FieldDiff> Compare(JsonElement before, JsonElement after)
    {
        foreach (var name in (IEnumerable<string>)["requires", "probes", "spec"])
        {
            Compare(name, Member(before, name), Member(after, name));
        }

        return _fields.ToEquatableArray();
    }

    private void Compare(string path, JsonElement? before, JsonElement? after)
    {
        if (before is { } left && after is { } right && JsonElement.DeepEquals(left, right))
        {
            return;
        }

        if (ContentText.IsContent(before) || ContentText.IsContent(after))
        {
            var lines = LineDiff.Between(oldContents.Of(before), newContents.Of(after));
            _fields.Add(new FieldDiff(path, null, null, lines));
        }
        else if (before is { ValueKind: JsonValueKind.Object } oldObject && after is { ValueKind: JsonValueKind.Object } newObject)
        {
            var names = oldObject.EnumerateObject().Concat(newObject.EnumerateObject()).Select(member => member.Name);
            // The name of an item that comes or goes is in its path already.
            var isItem = oldObject.GetPropertyCount() == 0 || newObject.GetPropertyCount() == 0;
            foreach (var name in names.Distinct().Where(name => !isItem || name != "name").Order(StringComparer.Ordinal))
            {
                Compare($"{path}.{name}", Member(oldObject, name), Member(newObject, name));
            }
        }
        else if (Named(before) is { } olds && Named(after) is { } news)
        {
            foreach (var name in olds.Keys.Concat(news.Keys).Distinct().Order(StringComparer.Ordinal))
            {
                var (old, now) = (Find(olds, name), Find(news, name));
                var hasContent = HasContent(old) || HasContent(now);
                Compare($"{path}[{name}]", old ?? (hasContent ? Nothing : null), now ?? (hasContent ? Nothing : null));
            }
        }
        else
        {
            _fields.Add(new FieldDiff(path, before?.GetRawText(), after?.GetRawText(), null));
        }
    }

    private static JsonElement? Member(JsonElement json, string name) => json.TryGetProperty(name, out var member) ? member : null;

    /// <summary>A file or variable that comes or goes is shown with its text, not as JSON.</summary>
    private static bool HasContent(JsonElement? item) =>
        item is { ValueKind: JsonValueKind.Object } json && json.EnumerateObject().Any(member => ContentText.IsContent(member.Value));

    private static JsonElement? Find(Dictionary<string, JsonElement> items, string name) =>
        items.TryGetValue(name, out var item) ? item : null;

    /// <summary>The items by name; null when the element is no list of things with different names.</summary>
    private static Dictionary<string, JsonElement>? Named(JsonElement? json)
    {
        if (json is not { ValueKind: JsonValueKind.Array } array)
        {
            return json is null ? [] : null;
        }

        Dictionary<string, JsonElement> byName = new(StringComparer.Ordinal);
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("name", out var name) ||
                name.GetString() is not { } text || !byName.TryAdd(text, item))
            {
                return null;
            }
        }

        return byName;
    }
}
