using System.Collections.Immutable;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>How a file holds its documents, which decides who reads it.</summary>
internal enum EdgeXForm
{
    /// <summary>One document, as the file itself.</summary>
    Bare,

    /// <summary><c>deviceList:</c>.</summary>
    DeviceList,

    /// <summary>A list of documents.</summary>
    List,

    /// <summary>What is sent to core-metadata: <c>[{apiVersion, device: {…}}]</c>.</summary>
    Requests,
}

/// <summary>One document of EdgeX in a file, with the request around it where there is one.</summary>
internal sealed record EdgeXDocument(EdgeXKind Kind, EdgeXForm Form, YamlNode Node, YamlNode? Request);

/// <summary>Finds the documents in the tree of a file by what they look like: files of EdgeX do not say what they are.</summary>
internal static class EdgeXFile
{
    /// <summary>Empty when the tree is none of EdgeX. <paramref name="hint"/> is who it is, where that is known.</summary>
    public static ImmutableArray<EdgeXDocument> Find(YamlNode tree, EdgeXKind? hint = null)
    {
        switch (tree)
        {
            case YamlNode.Mapping map when ListOf(map) is { } list:
                return [.. Items(list).Select(item => new EdgeXDocument(EdgeXKind.Device, EdgeXForm.DeviceList, item, null))];
            case YamlNode.Mapping map when RequestOf(map, hint) is { } request:
                return [request];
            case YamlNode.Mapping map when (hint ?? KindOf(map)) is { } kind:
                return [new EdgeXDocument(kind, EdgeXForm.Bare, map, null)];
            case YamlNode.Sequence list:
                return OfList(list, hint);
            default:
                return [];
        }
    }

    private static ImmutableArray<EdgeXDocument> OfList(YamlNode.Sequence list, EdgeXKind? hint)
    {
        var found = ImmutableArray.CreateBuilder<EdgeXDocument>();
        foreach (var item in list.Items)
        {
            if (item is not YamlNode.Mapping map)
            {
                return [];
            }

            var document = RequestOf(map, hint) ??
                ((KindOf(map) ?? hint) is { } kind ? new EdgeXDocument(kind, EdgeXForm.List, map, null) : null);
            if (document is null)
            {
                return [];
            }

            found.Add(document);
        }

        return found.DrainToImmutable();
    }

    private static YamlNode? ListOf(YamlNode.Mapping map) => map.Entries
        .FirstOrDefault(entry => string.Equals(entry.Key, "deviceList", StringComparison.OrdinalIgnoreCase)).Value;

    private static ImmutableArray<YamlNode> Items(YamlNode list) => list is YamlNode.Sequence sequence ? sequence.Items : [list];

    private static EdgeXDocument? RequestOf(YamlNode.Mapping map, EdgeXKind? hint)
    {
        foreach (var entry in map.Entries)
        {
            EdgeXKind? kind = entry.Key.ToLowerInvariant() switch
            {
                "device" => EdgeXKind.Device,
                "profile" => EdgeXKind.Profile,
                "provisionwatcher" => EdgeXKind.Watcher,
                _ => null,
            };
            if (kind is { } found && entry.Value is YamlNode.Mapping document && (found == hint || map.Entries.Length <= 3))
            {
                return new EdgeXDocument(found, EdgeXForm.Requests, document, map);
            }
        }

        return null;
    }

    private static EdgeXKind? KindOf(YamlNode.Mapping map)
    {
        if (!Has("name"))
        {
            return Has("deviceResources") ? EdgeXKind.Profile : null;
        }

        return Has("deviceResources") || Has("deviceCommands") || Has("coreCommands") ? EdgeXKind.Profile
            : Has("identifiers") || Has("discoveredDevice") || Has("blockingIdentifiers") ? EdgeXKind.Watcher
            : Has("protocols") || Has("profileName") || (Has("service") && Has("profile")) ? EdgeXKind.Device
            : null;

        bool Has(string key) => map.Entries.Any(entry => string.Equals(entry.Key, key, StringComparison.OrdinalIgnoreCase));
    }
}
