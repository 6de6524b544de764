using System.Collections;
using System.Diagnostics.CodeAnalysis;
using GitOps.Manifests.Yaml;
using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;

namespace GitOps.Reconciler.Rendering;

/// <summary>
/// A mapping as templates see it: read-only, so that threads share it, and without members that are not there, so that a
/// misspelt name is an error. A loop over it gives <c>key</c> and <c>value</c> in the order written.
/// </summary>
[SuppressMessage("Naming", "CA1710", Justification = "to a template this is an object; that it can be looped over is a detail")]
internal sealed class ValueObject(string path, IReadOnlyList<KeyValuePair<string, object?>> members)
    : IScriptObject, IEnumerable<object>
{
    private readonly Dictionary<string, object?> _byName = members.ToDictionary(m => m.Key, m => m.Value, StringComparer.Ordinal);

    /// <summary>How a template names it, for messages.</summary>
    public string Path { get; } = path;

    public int Count => members.Count;

    public bool IsReadOnly { get => true; set => throw new NotSupportedException(); }

    public static ValueObject Of(string path, YamlNode.Mapping mapping) =>
        new(path, [.. mapping.Entries.Select(e => KeyValuePair.Create(e.Key, ScriptValue.Of($"{path}.{e.Key}", e.Value)))]);

    /// <summary>The same with one more member.</summary>
    public ValueObject With(string name, object? value) => new(Path, [.. members, KeyValuePair.Create(name, value)]);

    public IEnumerable<string> GetMembers() => members.Select(m => m.Key);

    public bool Contains(string member) => _byName.ContainsKey(member);

    public bool TryGetValue(TemplateContext? context, SourceSpan span, string member, out object? value)
    {
        (context as RenderContext)?.Reads?.Add($"{Path}.{member}");
        return _byName.TryGetValue(member, out value);
    }

    public bool CanWrite(string member) => false;

    public bool TrySetValue(TemplateContext? context, SourceSpan span, string member, object? value, bool readOnly) => false;

    public bool Remove(string member) => false;

    public void SetReadOnly(string member, bool readOnly) => throw new NotSupportedException();

    public IScriptObject Clone(bool deep) => this;

    public IEnumerator<object> GetEnumerator() => members
        .Select(m => new ValueObject($"{Path}.{m.Key}", [KeyValuePair.Create("key", (object?)m.Key), KeyValuePair.Create("value", m.Value)]))
        .GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
