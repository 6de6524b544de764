using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using GitOps.ControlPlane.Api;
using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.Cli.Tests;

public sealed class DevicesCommandTests
{
    private static readonly DevicePage[] Pages =
    [
        new(
        [
            new("press-1", "plc-1")
            {
                Online = true,
                Alarms = ["too-hot"],
                Properties =
                [
                    new("setpoint") { Desired = "70.5", Reported = "65", State = "conflict", AgeMs = 300, Message = "somebody set it to 65 after 70.5 was applied" },
                    new("temperature") { Reported = "91.2", AgeMs = 300 },
                ],
            },
        ]) { Next = "press-1/plc-1" },
        new(
        [
            new("press-2", "plc-2") { Message = "its node is offline", Properties = [new("setpoint") { Desired = "60", Reported = "60", State = "applied", Quality = "stale", AgeMs = 7_200_000 }] },
        ]),
    ];

    [Fact]
    public async Task Devices_of_all_pages_are_listed_with_what_they_should_be_and_say()
    {
        var asked = new List<string>();
        var (table, json) = (await RunAsync(asked, "devices"), await RunAsync(asked, "devices", "press-1", "-o", "json"));

        Assert.Equal(0, table.Exit);
        Golden.Verify("devices.txt", table.Output);
        Assert.Contains("\"name\": \"plc-2\"", json.Output, StringComparison.Ordinal);
        Assert.Equal(
            ["/api/v1/devices?limit=500", "/api/v1/devices?limit=500&after=press-1%2Fplc-1", "/api/v1/devices?limit=500&node=press-1", "/api/v1/devices?limit=500&after=press-1%2Fplc-1&node=press-1"],
            asked);
    }

    private static async Task<(int Exit, string Output)> RunAsync(List<string> asked, params string[] arguments)
    {
        using var folder = new TempDirectory();
        File.WriteAllText($"{folder.Path}/token", "secret\n");
        DiskFileLayer.Host.SetMode($"{folder.Path}/token", UnixFileMode.UserRead);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, asked);
        var server = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        var result = await GitOpsRun.RunAsync(null, [.. arguments, "--server", server, "--token-file", $"{folder.Path}/token"]);
        listener.Stop();
        await serving;
        return (result.ExitCode, result.Output);
    }

    /// <summary>Answers each request with the next page, and closes.</summary>
    private static async Task ServeAsync(TcpListener listener, List<string> asked)
    {
        try
        {
            for (var i = 0; ; i++)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await using var stream = client.GetStream();
                var request = new StringBuilder();
                var buffer = new byte[4_096];
                while (!request.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
                {
                    request.Append(Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer)));
                }

                asked.Add(request.ToString().Split(' ')[1]);
                var body = JsonSerializer.SerializeToUtf8Bytes(Pages[i % 2], ApiJson.Default.DevicePage);
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"));
                await stream.WriteAsync(body);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // The program has ended.
        }
    }
}
