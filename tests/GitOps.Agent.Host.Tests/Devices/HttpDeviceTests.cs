using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using GitOps.Agent.Host.Devices;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;
using GitOps.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GitOps.Agent.Host.Tests.Devices;

/// <summary>Devices behind HTTP, served by Kestrel.</summary>
public sealed class HttpDeviceTests
{
    private static readonly DesiredValue Seventy = new(DeviceRig.Number(70.5m));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_of_one_answer_are_read_with_one_request_and_a_setpoint_is_put_where_it_was_read()
    {
        var (setpoint, requests) = (60m, new ConcurrentBag<string>());
        await using var server = await ServeAsync(app =>
        {
            app.MapGet("/api/state", () =>
            {
                requests.Add("GET state");
                return Results.Text($$"""{"oven": {"setpoint": {{setpoint.ToString(CultureInfo.InvariantCulture)}}, "zones": [{"on": false}, {"on": true}]}, "name": "A"}""", "application/json");
            });
            app.MapPut("/api/oven", async (HttpRequest request) =>
            {
                using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: Stop);
                setpoint = body.RootElement.GetProperty("oven").GetProperty("setpoint").GetDecimal();
            });
        });
        await using var rig = new DeviceRig();
        var unit = Unit(server.Url + "/api",
            Property("name", DeviceValueType.String, new DeviceHttp { Path = "/state", Pointer = "/name" }) with { PollMs = null, Desired = null },
            Property("on", DeviceValueType.Bool, new DeviceHttp { Path = "/state", Pointer = "/oven/zones/1/on" }),
            Property("setpoint", DeviceValueType.Float64, new DeviceHttp { Path = "/state", Pointer = "/oven/setpoint", Write = new HttpWrite { Path = "/oven" } })
                with
            { Access = DeviceAccess.ReadWrite, Desired = Seventy });

        await rig.Runner.UntilReadyAsync(unit, Stop);

        Assert.Equal((70.5m, PropertyPhase.Applied), (setpoint, rig.Report("oven", "setpoint").State));
        Assert.Equal(new DeviceValue.Boolean(true), rig.Report("oven", "on").Reported);
    }

    [Fact]
    public async Task Text_is_read_and_posted_as_it_is()
    {
        var mode = "auto";
        await using var server = await ServeAsync(app =>
        {
            app.MapGet("/mode", () => Results.Text(mode));
            app.MapPost("/mode/set", async (HttpRequest request) => mode = await new StreamReader(request.Body).ReadToEndAsync(Stop));
        });
        await using var rig = new DeviceRig();
        var http = new DeviceHttp { Path = "/mode", Write = new HttpWrite { Method = HttpWriteMethod.Post, Path = "/mode/set" } };

        await rig.Runner.UntilReadyAsync(Unit(server.Url, Property("mode", DeviceValueType.String, http) with
        {
            Access = DeviceAccess.ReadWrite,
            Desired = new DesiredValue(new DeviceValue.Text("manual")),
        }), Stop);

        Assert.Equal("manual", mode);
    }

    [Fact]
    public async Task A_server_of_an_authority_of_its_own_is_trusted_where_the_bundle_carries_it_and_gets_its_token()
    {
        using var folder = new TempDirectory();
        using var authority = CertificateAuthority.OpenOrCreate(DiskFileLayer.Host, folder.Path, "ca", TimeSpan.FromDays(2), TimeProvider.System);
        await using var server = await ServeAsync(app => app.MapGet("/power", (HttpRequest request) =>
            request.Headers.Authorization == "Bearer s3cret" ? Results.Text("""{"w": 12.5}""") : Results.Unauthorized()), authority);
        File.WriteAllText($"{folder.Path}/token", "s3cret\n");
        await using var rig = new DeviceRig();
        var property = Property("power", DeviceValueType.Float64, new DeviceHttp { Path = "/power", Pointer = "/w" });
        var untrusted = Unit(server.Url, property);
        var trusted = untrusted with
        {
            Name = "meter",
            Spec = (DeviceSpec)untrusted.Spec with
            {
                Connection = new DeviceConnection
                {
                    Url = server.Url,
                    Authority = authority.CertificatePem,
                    Headers = [new HttpHeader("Authorization", [new ContentPart.Text("Bearer "), new ContentPart.Secret("meter", "token", Digest.Of([]), $"{folder.Path}/token")])],
                },
            },
        };

        await rig.Runner.UntilReadyAsync(trusted, Stop);
        await rig.Runner.UntilAsync(untrusted, null, plan => plan.Status is UnitStatus.Unhealthy { Cause: FailureCause.Environment }, Stop);

        Assert.Equal(DeviceRig.Number(12.5m), rig.Report("meter", "power").Reported);
        Assert.DoesNotContain("s3cret", rig.Reports().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_value_is_said_and_fails_alone()
    {
        await using var server = await ServeAsync(app =>
        {
            app.MapGet("/good", () => Results.Text("7"));
            app.MapGet("/elsewhere", () => Results.Redirect("/good"));
            app.MapGet("/null", () => Results.Text("""{"a": null}"""));
        });
        await using var rig = new DeviceRig();
        var unit = Unit(server.Url,
            Property("elsewhere", DeviceValueType.Int32, new DeviceHttp { Path = "/elsewhere" }),
            Property("good", DeviceValueType.Int32, new DeviceHttp { Path = "/good" }),
            Property("gone", DeviceValueType.Int32, new DeviceHttp { Path = "/gone" }),
            Property("nothing", DeviceValueType.Int32, new DeviceHttp { Path = "/null", Pointer = "/a" }));

        await rig.Runner.UntilAsync(unit, null, plan => plan.Status is UnitStatus.Unhealthy, Stop);

        Assert.Equal("GET /gone is answered with 404 NotFound", rig.Report("oven", "gone").Message);
        Assert.Equal("GET /elsewhere is answered with 302 Found", rig.Report("oven", "elsewhere").Message);
        Assert.Equal("the answer has null at '/a'", rig.Report("oven", "nothing").Message);
        Assert.Equal(DeviceRig.Number(7), rig.Report("oven", "good").Reported);
    }

    [Fact]
    public async Task An_answer_without_end_is_cut_off_and_a_refused_write_is_named()
    {
        await using var server = await ServeAsync(app =>
        {
            app.MapGet("/long", () => Results.Bytes(new byte[HttpConnector.MaxAnswerBytes + 1]));
            app.MapPut("/locked", () => Results.StatusCode((int)HttpStatusCode.Forbidden));
            app.MapGet("/locked", () => "1");
        });
        await using var rig = new DeviceRig();
        var locked = Property("locked", DeviceValueType.Int32, new DeviceHttp { Path = "/locked", Write = new HttpWrite() }) with
        {
            Access = DeviceAccess.ReadWrite,
            Desired = new DesiredValue(DeviceRig.Number(2)),
        };

        await rig.Runner.UntilAsync(Unit(server.Url, locked), null, plan => plan.Status is UnitStatus.Unhealthy { Cause: FailureCause.Content }, Stop);
        var message = rig.Report("oven", "locked").Message;
        await rig.Runner.UntilAsync(Unit(server.Url, Property("long", DeviceValueType.String, new DeviceHttp { Path = "/long" })), Unit(server.Url, locked),
            plan => plan.Status is UnitStatus.Unhealthy { Cause: FailureCause.Environment }, Stop);

        Assert.Contains("403 Forbidden", message, StringComparison.Ordinal);
        Assert.Contains($"more than {HttpConnector.MaxAnswerBytes} bytes", rig.Reports().Single().Message, StringComparison.Ordinal);
    }

    private static Unit Unit(string url, params DeviceProperty[] properties) => new("oven", new DeviceSpec
    {
        Protocol = DeviceProtocol.Http,
        Connection = new DeviceConnection { Url = url },
        Properties = properties.ToEquatableArray(),
    });

    private static DeviceProperty Property(string name, DeviceValueType type, DeviceHttp http) => new() { Name = name, Type = type, PollMs = 50, Http = http };

    private static async Task<Server> ServeAsync(Action<WebApplication> map, CertificateAuthority? authority = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (authority is not null)
            {
                listen.UseHttps(authority.IssueServer(["127.0.0.1"], TimeSpan.FromDays(1)).ToIdentity());
            }
        }));
        var app = builder.Build();
        map(app);
        await app.StartAsync(Stop);
        return new Server(app);
    }

    private sealed class Server(WebApplication app) : IAsyncDisposable
    {
        public string Url { get; } = app.Urls.Single().TrimEnd('/');

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
