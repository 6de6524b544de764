using System.Text;
using System.Text.Json;
using GitOps.Bundles.Json;
using GitOps.Bundles.Units;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>What one EdgeX is to hold, as a resource of ours, whatever it was made of.</summary>
internal static class EdgeXUnit
{
    /// <summary>A document as core-metadata takes it: what EdgeX gives itself is left out.</summary>
    public static string Json(EdgeXKind kind, YamlNode.Mapping tree, ForeignSyntax syntax)
    {
        using var json = JsonDocument.Parse(EdgeXJson.Write(
            tree.Without(syntax, "id", "created", "modified", "apiVersion", "operatingState"), EdgeXTypes.Of(kind), syntax));
        return Encoding.UTF8.GetString(CanonicalJson.Write(json.RootElement));
    }

    /// <param name="devices">As <see cref="Json"/> gives them, sorted by name; so are the others.</param>
    public static Translated Of(
        string name, string node, EdgeXBackend backend, SourceSpan span, IEnumerable<string> devices, IEnumerable<string> profiles, IEnumerable<string> watchers,
        IEnumerable<string> writes)
    {
        var all = new StringBuilder("{");
        foreach (var (member, items) in new[] { ("devices", devices), ("profiles", profiles), ("watchers", watchers) })
        {
            // A line each, so that a preview shows which of them a commit changes.
            all.Append(all.Length > 1 ? ",\n" : "").Append($"\"{member}\":[").AppendJoin(',', items.Select(one => $"\n{one}")).Append(']');
        }

        // Two braces stand in JSON within text only; written so, they are no template.
        var objects = all.Append('}').ToString().Replace("{{", "{\\u007b", StringComparison.Ordinal);
        return new Translated(ResourceKind.EdgeX, name, span, TreeEdit.Map(span,
            ("node", TreeEdit.Text(span, node)),
            ("metadata", TreeEdit.Text(span, backend.Metadata)),
            ("bus", backend.Bus is not { } bus ? null : TreeEdit.Map(span,
                ("url", TreeEdit.Text(span, bus.Url)),
                ("user", bus.User is { } user ? TreeEdit.Text(span, user) : null),
                ("password", bus.Password is { } secret ? TreeEdit.Text(span, secret.ToString()) : null))),
            ("ca", backend.Authority is { } pem ? TreeEdit.Text(span, pem) : null),
            ("headers", Headers(backend, span)),
            ("adopt", TreeEdit.Plain(span, backend.Adopt ? "true" : "false")),
            ("deletionPolicy", TreeEdit.Plain(span, backend.DeletionPolicy.ToString())),
            ("drift", TreeEdit.Plain(span, backend.Drift == DriftPolicy.Warn ? "warn" : "correct")),
            ("suspend", backend.Suspend is { } suspend ? TreeEdit.Map(span, ("reason", TreeEdit.Text(span, suspend.Reason))) : null),
            ("objects", TreeEdit.Text(span, objects)),
            ("writes", TreeEdit.List(span, writes.Select(place => TreeEdit.Text(span, place))))));
    }

    public static YamlNode.Mapping? Headers(EdgeXBackend backend, SourceSpan span) => backend.Token is not { } token ? null
        : TreeEdit.Map(span, ("Authorization", TreeEdit.Text(span, $"Bearer {{{{ secret \"{token.Name}/{token.Key}\" }}}}")));
}
