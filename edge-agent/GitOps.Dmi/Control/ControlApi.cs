using GitOps.Dmi.Devices;
using GitOps.Dmi.Mappers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GitOps.Dmi.Control;

/// <summary>What the agent asks: devices in, news out, one value to write. Everything can be asked again without harm.</summary>
internal static class ControlApi
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    public static void Map(WebApplication app, DeviceBook book, Conveyor conveyor, MapperWriter writer, LastUse use)
    {
        app.MapPut("/devices/{name}", (string name, DeviceConfig config) =>
        {
            use.Now();
            book.Want(name, config);
            conveyor.Wake();
            return Results.NoContent();
        });
        app.MapDelete("/devices/{name}", async (string name, CancellationToken cancellationToken) =>
        {
            use.Now();
            return await conveyor.RemoveAsync(name, cancellationToken) is { } why ? Results.Text(why, statusCode: 503) : Results.NoContent();
        });
        app.MapPost("/devices/{name}/write", async (string name, WriteOrder order, CancellationToken cancellationToken) =>
        {
            use.Now();
            var answer = await writer.WriteAsync(name, order, cancellationToken);
            return Results.Json(answer, ControlContext.Default.WriteResult);
        });
        app.MapGet("/news", async (string? run, long? after, long? waitMs, CancellationToken cancellationToken) =>
        {
            use.Now();
            var wait = TimeSpan.FromMilliseconds(Math.Clamp(waitMs ?? 0, 0, (long)LongestWait.TotalMilliseconds));
            var news = await book.NewsAsync(run == book.Run ? after ?? 0 : 0, run == book.Run ? wait : TimeSpan.Zero, cancellationToken);
            use.Now();
            return Results.Json(news, ControlContext.Default.News);
        });
    }
}
