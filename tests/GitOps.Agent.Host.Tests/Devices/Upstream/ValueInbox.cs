using System.Net;
using GitOps.Bundles.Reports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GitOps.Agent.Host.Tests.Devices.Upstream;

/// <summary>Takes values as a control plane does: told twice, one is one.</summary>
internal sealed class ValueInbox : IAsyncDisposable
{
    private readonly Dictionary<(string Device, string? Property, DateTimeOffset At), ValueRecord> _kept = [];
    private WebApplication _server = null!;

    public int Port { get; private set; }

    /// <summary>Answers instead; false: it is answered as usual.</summary>
    public Func<HttpContext, bool> Answers { get; set; } = _ => false;

    /// <summary>Bytes of each body that was taken.</summary>
    public List<int> Bodies { get; } = [];

    /// <summary>By time.</summary>
    public IReadOnlyList<ValueRecord> Kept
    {
        get
        {
            lock (_kept)
            {
                return [.. _kept.Values.OrderBy(record => record.At)];
            }
        }
    }

    public static async Task<ValueInbox> StartAsync()
    {
        var inbox = new ValueInbox();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        inbox._server = builder.Build();
        inbox._server.Run(inbox.AnswerAsync);
        await inbox._server.StartAsync();
        inbox.Port = new Uri(inbox._server.Urls.First()).Port;
        return inbox;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Assert.Equal("/v1/fleet-1/values", context.Request.Path.Value);
        Assert.InRange(body.Length, 1, ValueRecord.MaxBodyBytes);
        if (Answers(context))
        {
            return;
        }

        var (records, unreadable) = ValueLines.Read(body.ToArray());
        Assert.Equal(0, unreadable);
        lock (_kept)
        {
            Bodies.Add((int)body.Length);
            foreach (var record in records)
            {
                _kept.TryAdd((record.Device, record.Property, record.At), record);
            }
        }

        await context.Response.BodyWriter.WriteAsync(ReportJson.Write(new ValueReceipt(records.Count, 0)));
    }
}
