using System.Text.Json;

namespace GitOps.ControlPlane.Api;

/// <summary>A node in a list: what it should be, and what it says.</summary>
public sealed record NodeSummary(string Name)
{
    /// <summary>Labels from Git.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public string? Site { get; init; }

    public bool Online { get; init; }

    /// <summary>As in the node's report (docs/contracts.md §7); <c>silent</c> when it never reported.</summary>
    public string Phase { get; init; } = SilentPhase;

    /// <summary>What its pointer names; absent before its first publication.</summary>
    public long? PointerGeneration { get; init; }

    public string? PointerBundle { get; init; }

    /// <summary><c>keep</c> or <c>wipe</c> when it was taken out of the fleet.</summary>
    public string? Removed { get; init; }

    /// <summary>What it is committed to.</summary>
    public long? Generation { get; init; }

    public string? Bundle { get; init; }

    public string? Revision { get; init; }

    public DateTimeOffset? SeenAt { get; init; }

    /// <summary>Why two machines seem to have this node's identity; absent: nothing speaks for it.</summary>
    public string? Copied { get; init; }

    /// <summary>The first thing it waits for or that is wrong with it.</summary>
    public string? Message { get; init; }

    internal const string SilentPhase = "silent";
}

/// <summary>What <c>GET /api/v1/nodes</c> answers, by name.</summary>
public sealed record NodePage(IReadOnlyList<NodeSummary> Nodes)
{
    public int Format { get; init; } = 1;

    /// <summary>Ask again with <c>after</c> = this; absent on the last page.</summary>
    public string? Next { get; init; }
}

/// <summary>What <c>GET /api/v1/nodes/{name}</c> answers.</summary>
public sealed record NodeDocument(NodeSummary Summary)
{
    public int Format { get; init; } = 1;

    public DateTimeOffset? ReportedAt { get; init; }

    /// <summary>The latest report (docs/contracts.md §7).</summary>
    public JsonElement? Report { get; init; }

    /// <summary>The newest events, oldest first.</summary>
    public IReadOnlyList<NodeEventDocument> Events { get; init; } = [];
}

/// <summary>Something that happened on a node, by its clock, and when the control plane heard of it.</summary>
public sealed record NodeEventDocument(DateTimeOffset Time, DateTimeOffset ReceivedAt, string Code, string Message)
{
    public string? Unit { get; init; }
}

/// <summary>What <c>DELETE /api/v1/nodes/{name}</c> answers: the node's tombstone.</summary>
public sealed record RemovalDocument(string Node, string Data, long Generation)
{
    public int Format { get; init; } = 1;
}

/// <summary>What <c>POST /api/v1/nodes/{name}/retry</c> answers: the generation that says it.</summary>
public sealed record RetryDocument(string Node, long Generation)
{
    public int Format { get; init; } = 1;
}

/// <summary>What <c>GET /api/v1/audit</c> answers, newest first.</summary>
public sealed record AuditPage(IReadOnlyList<AuditDocument> Entries)
{
    public int Format { get; init; } = 1;
}

/// <summary>Something a person did that no commit says.</summary>
public sealed record AuditDocument(DateTimeOffset Time, string Actor, string Action, string Subject, string Detail);

/// <summary>What <c>GET /api/v1/revisions</c> answers, newest first; at most as many as <c>limit</c> asks for.</summary>
public sealed record RevisionPage(IReadOnlyList<RevisionDocument> Revisions)
{
    public int Format { get; init; } = 1;
}
