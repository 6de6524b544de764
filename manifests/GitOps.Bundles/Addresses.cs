using System.Text;

namespace GitOps.Bundles;

/// <summary>Where things lie in the store (docs/contracts.md §4), relative and with <c>/</c>.</summary>
public static class StorePaths
{
    public static string Head(string fleet) => $"v1/{fleet}/head";

    public static string Root(string fleet, long version) => $"v1/{fleet}/root/{version}";

    public static string Pointer(string fleet, string node) => $"v1/{fleet}/nodes/{Shard(node)}/{node}";

    public static string Sealed(string fleet, string node) => $"v1/{fleet}/sealed/{Shard(node)}/{node}";

    public static string Blob(string fleet, Digest digest) => $"v1/{fleet}/blobs/sha256/{digest.Hex[..2]}/{digest.Hex[2..]}";

    /// <summary>Keeps folders small: the first two hex digits of the name's SHA-256.</summary>
    public static string Shard(string node) => Digest.Of(Encoding.UTF8.GetBytes(node)).Hex[..2];
}

/// <summary>A node's MQTT topics (docs/contracts.md §6).</summary>
public static class Topics
{
    public static string Hint(string fleet, string node) => $"gitops/v1/{fleet}/n/{node}/hint";

    public static string Report(string fleet, string node) => $"gitops/v1/{fleet}/n/{node}/report";

    public static string Ack(string fleet, string node) => $"gitops/v1/{fleet}/n/{node}/ack";

    /// <summary>The node a topic of the fleet belongs to and its last segment, or null for any other topic.</summary>
    public static (string Node, string Channel)? Parse(string fleet, string topic)
    {
        var prefix = $"gitops/v1/{fleet}/n/";
        var rest = topic.StartsWith(prefix, StringComparison.Ordinal) ? topic[prefix.Length..].Split('/') : [];
        return rest is [var node, "hint" or "report" or "ack"] && Label.IsValid(node) ? (node, rest[1]) : null;
    }
}
