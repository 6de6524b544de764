using System.Net.Sockets;
using GitOps.Dmi.Control;
using GitOps.Dmi.Devices;
using GitOps.Dmi.Mappers;
using GitOps.Platform.Files;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace GitOps.Dmi;

/// <summary>The two sockets, and what is between them.</summary>
internal static class Gateway
{
    /// <summary>Devices and their values are small; a mapper that sends more is broken.</summary>
    private const int MessageLimitBytes = 4 << 20;

    private const int Taken = 75;

    /// <returns>0 at the end; 75 when somebody else serves one of the sockets.</returns>
    public static async Task<int> RunAsync(GatewayOptions options)
    {
        foreach (var socket in new[] { options.Listen, options.Control })
        {
            if (IsServed(socket))
            {
                Console.Error.WriteLine($"somebody else serves {socket}: edgecore, or another gitops-dmi; stop it, or name another socket");
                return Taken;
            }
        }

        var layer = DiskFileLayer.Host;
        const UnixFileMode Closed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        layer.EnsureDirectory(options.State, Closed);
        layer.EnsureDirectory(Path.GetDirectoryName(options.Control)!, Closed);
        Directory.CreateDirectory(Path.GetDirectoryName(options.Listen)!);
        File.Delete(options.Listen);
        File.Delete(options.Control);

        var time = TimeProvider.System;
        var book = new DeviceBook(time);
        using var told = new ToldFile(layer, options.State, book);
        told.Load();
        await using var mappers = new MapperCalls(time);
        var conveyor = new Conveyor(book, mappers, told, options.Revive, time);
        var use = new LastUse(time);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("mappers", LogLevel.Information);
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = MessageLimitBytes);
        builder.Services.AddSingleton(services =>
            new ManagerService(book, told, conveyor, services.GetRequiredService<ILoggerFactory>().CreateLogger("mappers")));
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ControlContext.Default));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenUnixSocket(options.Listen, mapper =>
            {
                mapper.Protocols = HttpProtocols.Http2;
                mapper.Use(AuthorityRepair.Repair);
            });
            kestrel.ListenUnixSocket(options.Control, agent => agent.Protocols = HttpProtocols.Http1);
        });
        await using var app = builder.Build();
        app.MapGrpcService<ManagerService>();
        ControlApi.Map(app, book, conveyor, new MapperWriter(book, mappers, conveyor, time), use);
        await app.StartAsync();

        var stopping = app.Lifetime.ApplicationStopping;
        var working = Task.WhenAll(conveyor.RunAsync(stopping), told.RunAsync(stopping), use.EndWhenIdleAsync(options.Idle, app.Lifetime.StopApplication, stopping));
        await app.WaitForShutdownAsync();
        await working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return 0;
    }

    private static bool IsServed(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
