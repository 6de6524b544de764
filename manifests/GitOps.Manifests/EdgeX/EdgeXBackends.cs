using System.Text;
using System.Text.Json;
using GitOps.Bundles.Json;
using GitOps.Bundles.Units;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>What an EdgeX behind a DeviceImport is to hold: the files as they are, in the shape of its newest version.</summary>
internal static class EdgeXBackends
{
    /// <summary>Reading through core-command costs the device what an auto event costs it: for a report not oftener than this.</summary>
    public static readonly TimeSpan ShortestPoll = TimeSpan.FromSeconds(30);

    /// <summary>What core-metadata would not take is left out, with findings.</summary>
    public static Translated Translate(Resource<DeviceImportSpec> import, EdgeXBackend backend, IReadOnlyList<ForeignDocument> documents, FindingList findings)
    {
        var span = import.Span;
        var objects = new Dictionary<ForeignKind, SortedDictionary<string, (ForeignDocument Document, string Json)>>();
        foreach (var document in documents)
        {
            if (!objects.TryGetValue(document.Kind, out var named))
            {
                objects[document.Kind] = named = new(StringComparer.Ordinal);
            }

            if (Json(document, backend, findings) is not { } json)
            {
                continue;
            }

            if (!named.TryAdd(document.Name, (document, json)) && named[document.Name].Json != json)
            {
                findings.Error(EdgeXCodes.Twice, document.Span, $"'{Excerpt.Of(document.Name)}' is there twice, first at {named[document.Name].Document.Span}",
                    "a name exists once in one EdgeX: rename one of them, or narrow 'from'");
            }
        }

        var all = new StringBuilder("{");
        foreach (var (kind, name) in new[] { (ForeignKind.EdgeXDevice, "devices"), (ForeignKind.EdgeXProfile, "profiles"), (ForeignKind.EdgeXWatcher, "watchers") })
        {
            var items = objects.TryGetValue(kind, out var named) ? named.Values.Select(one => $"\n{one.Json}") : [];
            // A line each, so that a preview shows which of them a commit changes.
            all.Append(all.Length > 1 ? ",\n" : "").Append($"\"{name}\":[").AppendJoin(',', items).Append(']');
        }

        // Two braces stand in JSON within text only; written so, they are no template.
        var text = all.Append('}').ToString().Replace("{{", "{\\u007b", StringComparison.Ordinal);
        return new Translated(ResourceKind.EdgeX, import.Name, span, TreeEdit.Map(span,
            ("node", TreeEdit.Text(span, import.Spec.Node)),
            ("metadata", TreeEdit.Text(span, backend.Metadata)),
            ("bus", backend.Bus is { } bus ? TreeEdit.Text(span, bus) : null),
            ("ca", backend.Authority is { } pem ? TreeEdit.Text(span, pem) : null),
            ("headers", Headers(backend, span)),
            ("adopt", TreeEdit.Plain(span, backend.Adopt ? "true" : "false")),
            ("deletionPolicy", TreeEdit.Plain(span, backend.DeletionPolicy.ToString())),
            ("drift", TreeEdit.Plain(span, backend.Drift == DriftPolicy.Warn ? "warn" : "correct")),
            ("suspend", backend.Suspend is { } suspend ? TreeEdit.Map(span, ("reason", TreeEdit.Text(span, suspend.Reason))) : null),
            ("objects", TreeEdit.Text(span, text))));
    }

    /// <summary>How a device is read and set through core-command.</summary>
    public static YamlNode.Mapping Connection(ForeignDocument device, EdgeXBackend backend) => TreeEdit.Map(device.Span,
        ("url", TreeEdit.Text(device.Span, backend.Command)),
        ("device", TreeEdit.Text(device.Span, device.Name)),
        // A device service may ask a slow device for several seconds.
        ("timeout", TreeEdit.Plain(device.Span, "10s")),
        ("ca", backend.Authority is { } pem ? TreeEdit.Text(device.Span, pem) : null),
        ("headers", Headers(backend, device.Span)));

    public static void NoteProfile(ForeignDocument device, string profile, bool isWhole, FindingList findings)
    {
        if (isWhole && profile.Length > 0)
        {
            findings.Warning(EdgeXCodes.ProfileMissing, device.Root.SpanOf("profileName"),
                $"'{Excerpt.Of(device.Name)}' has the profile '{Excerpt.Of(profile)}', which is not in the repository: EdgeX has to have it, and no value is reported",
                "add the profile to the repository, so that it is kept as well");
        }
    }

    private static string? Json(ForeignDocument document, EdgeXBackend backend, FindingList findings)
    {
        var (tree, syntax) = (document.Tree, document.Syntax);
        if (document.Kind == ForeignKind.EdgeXDevice && document.Root.Text("serviceName").Length == 0)
        {
            if (backend.Service is not { } service)
            {
                findings.Error(EdgeXCodes.Refused, document.Span, "serviceName: a device service fills it in for the files it reads itself, and here nobody does",
                    "write serviceName, or 'service: <name>' where the DeviceImport says its backend");
                return null;
            }

            tree = tree.With(syntax, "serviceName", TreeEdit.Text(document.Span, service));
        }

        var type = EdgeXTypes.Of(document.Kind switch { ForeignKind.EdgeXProfile => EdgeXKind.Profile, ForeignKind.EdgeXDevice => EdgeXKind.Device, _ => EdgeXKind.Watcher });
        using var json = JsonDocument.Parse(EdgeXJson.Write(tree.Without(syntax, "id", "created", "modified", "apiVersion", "operatingState"), type, syntax));
        return Encoding.UTF8.GetString(CanonicalJson.Write(json.RootElement));
    }

    private static YamlNode.Mapping? Headers(EdgeXBackend backend, SourceSpan span) => backend.Token is not { } token ? null
        : TreeEdit.Map(span, ("Authorization", TreeEdit.Text(span, $"Bearer {{{{ secret \"{token.Name}/{token.Key}\" }}}}")));
}
