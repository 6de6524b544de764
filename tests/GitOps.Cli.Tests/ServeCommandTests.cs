using System.Net;
using System.Net.Http.Headers;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.Net;

namespace GitOps.Cli.Tests;

/// <summary>The program as a container runs it: settings from a file, a token from a Secret, stopped by a signal.</summary>
public sealed class ServeCommandTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly int _port = FreePort.Next();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_takes_the_token_of_a_file_and_stops_in_order_when_told()
    {
        await File.WriteAllTextAsync(_directory["token"], "of-a-secret\n", Token);
        await using var serve = Start();
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}") };
        await Eventually.BecomesTrue(async () => await StatusAsync(http, "/healthz", "") is HttpStatusCode.OK, TimeSpan.FromSeconds(60), Token);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, "/api/v1/status", "of-a-secret"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, "/api/v1/status", "another"));
        Assert.False(File.Exists(_directory["data/people.token"]));

        var stop = await new CommandRunner(TimeProvider.System).RunAsync(new Command(["kill", "-TERM", $"{serve.Id}"]), Token);
        Assert.Equal(0, stop.ExitCode);
        Assert.Equal(0, await serve.WaitForExitAsync(Token));
        await Eventually.BecomesTrue(() => serve.Error.Contains("stopped", StringComparison.Ordinal), TimeSpan.FromSeconds(60), Token);
    }

    [Fact]
    public async Task A_token_that_is_not_there_is_not_made_up()
    {
        await using var serve = Start();
        Assert.Equal(5, await serve.WaitForExitAsync(Token));
        await Eventually.BecomesTrue(() => serve.Error.Contains("INF010", StringComparison.Ordinal), TimeSpan.FromSeconds(60), Token);
    }

    private LongProcess Start()
    {
        File.WriteAllText(_directory["gitops.json"], $$"""
            {
              "repository": "{{_directory["no-repository"]}}",
              "dataDirectory": "{{_directory["data"]}}",
              "peopleEndpoint": "127.0.0.1:{{_port}}",
              "peopleTokenFile": "{{_directory["token"]}}"
            }
            """);
        return LongProcess.Start(new Command(["dotnet", Path.Combine(AppContext.BaseDirectory, "gitops.dll"), "serve"])
        {
            Environment = new Dictionary<string, string?> { ["GITOPS_CONFIG"] = _directory["gitops.json"] },
        })!;
    }

    private static async Task<HttpStatusCode?> StatusAsync(HttpClient http, string path, string token)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await http.SendAsync(request, Token);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null; // it does not listen yet
        }
    }
}
