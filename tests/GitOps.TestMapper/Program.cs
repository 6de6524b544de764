using GitOps.Dmi.Wire;
using GitOps.TestMapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

// gitops-test-mapper PROTOCOL LISTEN DMI WORLD: registers, and then it serves, as mappers do it.
var (protocol, listen, dmi, world) = (args[0], args[1], args[2], new World(args[3]));
var manager = new Manager(dmi);
while (!Manager.IsThere(dmi))
{
    await Task.Delay(20);
}

var given = await manager.CallAsync(client => client.MapperRegisterAsync(new MapperRegisterRequest
{
    WithData = true,
    Mapper = new MapperInfo { Name = "test", Version = "v1", ApiVersion = "v1", Protocol = protocol, Address = Google.Protobuf.ByteString.CopyFromUtf8(listen), State = "ok" },
}));
world.Log($"registered {given.DeviceList.Count}");
var panel = new Panel(world, manager);
panel.Begin(given);
File.Delete(listen);
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddGrpc();
builder.Services.AddSingleton(panel);
builder.Services.AddSingleton(new MapperService(panel));
builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(listen, socket => socket.Protocols = HttpProtocols.Http2));
var app = builder.Build();
app.MapGrpcService<MapperService>();
await app.RunAsync();
