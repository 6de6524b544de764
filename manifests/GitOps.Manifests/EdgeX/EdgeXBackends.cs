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

        IEnumerable<string> Of(ForeignKind kind) => objects.TryGetValue(kind, out var named) ? named.Values.Select(one => one.Json) : [];
        return EdgeXUnit.Of(import.Name, import.Spec.Node, backend, import.Span, Of(ForeignKind.EdgeXDevice), Of(ForeignKind.EdgeXProfile), Of(ForeignKind.EdgeXWatcher), []);
    }

    /// <summary>How a device is read and set through core-command.</summary>
    public static YamlNode.Mapping Connection(ForeignDocument device, EdgeXBackend backend) => TreeEdit.Map(device.Span,
        ("url", TreeEdit.Text(device.Span, backend.Command)),
        ("device", TreeEdit.Text(device.Span, device.Name)),
        // A device service may ask a slow device for several seconds.
        ("timeout", TreeEdit.Plain(device.Span, "10s")),
        ("ca", backend.Authority is { } pem ? TreeEdit.Text(device.Span, pem) : null),
        ("headers", EdgeXUnit.Headers(backend, device.Span)));

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

        var kind = document.Kind switch { ForeignKind.EdgeXProfile => EdgeXKind.Profile, ForeignKind.EdgeXDevice => EdgeXKind.Device, _ => EdgeXKind.Watcher };
        return EdgeXUnit.Json(kind, tree, syntax);
    }
}
