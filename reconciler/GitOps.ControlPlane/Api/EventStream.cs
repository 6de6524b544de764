using System.Text;
using System.Text.Json;
using GitOps.Platform.Timing;
using Microsoft.AspNetCore.Http;

namespace GitOps.ControlPlane.Api;

/// <summary>
/// <c>GET /api/v1/events</c>, server-sent events (HTML standard §9.2): <c>status</c> with the status first and whenever it
/// changes, <c>node</c> with a node's summary when that changes. Level-triggered: a reader that is slow gets the newest of
/// each, not every step; one that reconnects asks for the nodes once and goes on.
/// </summary>
internal sealed class EventStream(IPeopleView view, TimeProvider time)
{
    /// <summary>A comment now and then shows proxies that the stream lives, and us that the reader is gone.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public async Task WriteAsync(HttpContext context, CancellationToken stop)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop, context.RequestAborted);
        var (wakeup, changes) = (new Wakeup(time), new Changes());
        view.Changed += Note;
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            Note(null);
            while (true)
            {
                var isSignalled = await wakeup.WaitAsync(Heartbeat, ends.Token).ConfigureAwait(false);
                await context.Response.Body.WriteAsync(isSignalled ? Render(changes) : ":\n\n"u8.ToArray(), ends.Token).ConfigureAwait(false);
                await context.Response.Body.FlushAsync(ends.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The reader left, or the control plane stops: either ends a stream.
        }
        finally
        {
            view.Changed -= Note;
        }

        void Note(string? node)
        {
            changes.Add(node);
            wakeup.Signal();
        }
    }

    private byte[] Render(Changes changes)
    {
        var (status, nodes) = changes.Take();
        var text = new StringBuilder();
        foreach (var name in nodes)
        {
            if (view.Node(name) is { } node)
            {
                Append("node", JsonSerializer.Serialize(node.Summary, ApiJson.Default.NodeSummary));
            }
        }

        if (status || nodes.Count > 0)
        {
            Append("status", JsonSerializer.Serialize(view.Status(), ApiJson.Default.StatusDocument)); // counts move with nodes
        }

        return Encoding.UTF8.GetBytes(text.ToString());

        void Append(string kind, string json) => text.Append("event: ").Append(kind).Append("\ndata: ").Append(json).Append("\n\n");
    }

    /// <summary>What changed since it was last written; bounded by the number of nodes.</summary>
    private sealed class Changes
    {
        private readonly Lock _lock = new();
        private HashSet<string> _nodes = [];
        private bool _status;

        public void Add(string? node)
        {
            lock (_lock)
            {
                _status |= node is null;
                if (node is not null)
                {
                    _nodes.Add(node);
                }
            }
        }

        public (bool Status, IReadOnlyCollection<string> Nodes) Take()
        {
            lock (_lock)
            {
                var taken = (_status, _nodes);
                (_status, _nodes) = (false, []);
                return taken;
            }
        }
    }
}
