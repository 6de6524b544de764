using System.Net;
using System.Text;
using GitOps.Cli.Sources;
using GitOps.Reconciler.Diffing;

namespace GitOps.Cli.Tests;

/// <summary>Sizes of images, asked of a registry that wants a token and has an index of two platforms.</summary>
public sealed class ImageRegistryTests : IDisposable
{
    private static readonly string Index = Named('a');
    private readonly HttpListener _server = new();
    private readonly string _host;
    private readonly List<string> _asked = [];

    public ImageRegistryTests()
    {
        for (var port = 21000; ; port++)
        {
            try
            {
                _server.Prefixes.Clear();
                _server.Prefixes.Add($"http://127.0.0.1:{port}/");
                _server.Start();
                _host = $"127.0.0.1:{port}";
                break;
            }
            catch (HttpListenerException) when (port < 22000)
            {
                // Somebody has it; the next one.
            }
        }

        _ = ServeAsync();
    }

    public void Dispose() => _server.Close();

    [Theory]
    [InlineData("amd64", 1_000 + 5_000_000 + 70)]
    [InlineData("arm64", 900 + 30)]
    public async Task The_size_is_that_of_all_layers_for_the_platform(string architecture, long bytes)
    {
        Assert.Equal(bytes, await SizeAsync($"{_host}/team/app@{Index}", architecture));
        Assert.Contains("token for repository:team/app:pull of registry", _asked);
    }

    [Theory]
    [InlineData("riscv64", 'a')]
    [InlineData("amd64", 'f')]
    [InlineData("amd64", 'e')]
    public async Task What_the_registry_does_not_say_is_unknown(string architecture, char digest) =>
        Assert.Null(await SizeAsync($"{_host}/team/app@{Named(digest)}", architecture));

    [Fact]
    public async Task A_registry_that_is_away_leaves_the_size_unknown() =>
        Assert.Null(await SizeAsync($"127.0.0.1:1/team/app@{Index}", "amd64"));

    [Theory]
    [InlineData("nginx@sha256:1", "https://registry-1.docker.io/", "library/nginx")]
    [InlineData("docker.io/library/nginx@sha256:1", "https://registry-1.docker.io/", "library/nginx")]
    [InlineData("team/app:1.2@sha256:1", "https://registry-1.docker.io/", "team/app")]
    [InlineData("registry.example:5000/a/b/c@sha256:1", "https://registry.example:5000/", "a/b/c")]
    [InlineData("localhost:5000/a@sha256:1", "http://localhost:5000/", "a")]
    public void An_image_names_its_registry_as_engines_read_it(string image, string registry, string path)
    {
        Assert.True(ImageName.TryParse(image, out var name));
        Assert.Equal((new Uri(registry), path), (name.RegistryAddress, name.Path));
    }

    [Fact]
    public void An_image_without_a_digest_is_none_of_ours() => Assert.False(ImageName.TryParse("nginx:latest", out _));

    private static string Named(char digit) => $"sha256:{new string(digit, 64)}";

    private static async Task<long?> SizeAsync(string image, string architecture)
    {
        using var http = new HttpClient();
        Assert.True(ImageName.TryParse(image, out var name));
        return await new ImageRegistry(http).SizeOfAsync(name, architecture, TestContext.Current.CancellationToken);
    }

    private async Task ServeAsync()
    {
        while (_server.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _server.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            var (status, body) = Answer(context.Request, context.Response);
            context.Response.StatusCode = status;
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
            context.Response.Close();
        }
    }

    private (int Status, string Body) Answer(HttpListenerRequest request, HttpListenerResponse response)
    {
        var path = request.Url!.AbsolutePath;
        if (path == "/token")
        {
            _asked.Add($"token for {request.QueryString["scope"]} of {request.QueryString["service"]}");
            return (200, """{"token": "secret"}""");
        }

        if (request.Headers["Authorization"] != "Bearer secret")
        {
            response.Headers["WWW-Authenticate"] = $"Bearer realm=\"http://{_host}/token\",service=\"registry\",scope=\"repository:team/app:pull\"";
            return (401, "");
        }

        return path[^1] switch
        {
            'a' => (200, $$$"""
                {"manifests": [
                  {"digest": "{{{Named('b')}}}", "platform": {"os": "linux", "architecture": "amd64"}},
                  {"digest": "{{{Named('c')}}}", "platform": {"os": "linux", "architecture": "arm64"}}]}
                """),
            'b' => (200, """{"config": {"size": 70}, "layers": [{"size": 1000}, {"size": 5000000}]}"""),
            'c' => (200, """{"config": {"size": 30}, "layers": [{"size": 900}]}"""),
            'e' => (200, "no JSON"),
            _ => (404, ""),
        };
    }
}
