using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using GitOps.TestKit;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitOps.ControlPlane.Tests.Git;

/// <summary>
/// Serves a repository over HTTPS as forges do: Kestrel with a certificate of an authority of its own, a password, and
/// git's own <c>http-backend</c> (a CGI program) behind it.
/// </summary>
internal sealed class SmartHttpServer : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string _repositories;
    private WebEndpoint? _endpoint;

    private SmartHttpServer(string repositories) => _repositories = repositories;

    public string Password { get; set; } = "secret";

    public int Port => _endpoint!.Address.Port;

    public string AuthorityFile => _directory["authority.crt"];

    /// <summary>What was asked for with the right password.</summary>
    public int Answered { get; private set; }

    public static async Task<SmartHttpServer> StartAsync(string repositories, CancellationToken cancellationToken)
    {
        var server = new SmartHttpServer(repositories);
        var data = new DataDirectory(server._directory["data"]);
        var authority = FleetAuthority.Open(DiskFileLayer.Host, data, TimeProvider.System);
        await File.WriteAllTextAsync(server.AuthorityFile, authority.CertificatePem, cancellationToken);
        var identity = ServerIdentity.Open(authority, DiskFileLayer.Host, data, ["localhost"], TimeProvider.System);
        server._endpoint = await WebEndpoint.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0),
            _ => { },
            listen => listen.UseHttps(tls => tls.ServerCertificateSelector = (_, _) => identity.Certificate),
            server.AnswerAsync,
            NullLoggerFactory.Instance,
            cancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _endpoint!.DisposeAsync();
        _directory.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var expected = Convert.ToBase64String(Encoding.UTF8.GetBytes($"git:{Password}"));
        if (context.Request.Headers.Authorization != $"Basic {expected}")
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"git\"";
            return;
        }

        Answered++;
        using var backend = Process.Start(Backend(context.Request))!;
        await context.Request.Body.CopyToAsync(backend.StandardInput.BaseStream, context.RequestAborted);
        backend.StandardInput.Close();
        var output = new MemoryStream();
        await backend.StandardOutput.BaseStream.CopyToAsync(output, context.RequestAborted);
        await backend.WaitForExitAsync(context.RequestAborted);
        await WriteAsync(context.Response, output.ToArray());
    }

    private ProcessStartInfo Backend(HttpRequest request)
    {
        var start = new ProcessStartInfo("git", ["http-backend"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in new[]
        {
            ("GIT_PROJECT_ROOT", _repositories), ("GIT_HTTP_EXPORT_ALL", "1"), ("PATH_INFO", request.Path.Value!),
            ("REQUEST_METHOD", request.Method), ("QUERY_STRING", request.QueryString.Value!.TrimStart('?')),
            ("CONTENT_TYPE", request.ContentType ?? ""), ("HTTP_CONTENT_ENCODING", request.Headers.ContentEncoding.ToString()),
            ("GIT_PROTOCOL", request.Headers["Git-Protocol"].ToString()),
        })
        {
            start.Environment[name] = value;
        }

        return start;
    }

    /// <summary>From CGI (RFC 3875 §6): headers, an empty line, the body.</summary>
    private static Task WriteAsync(HttpResponse response, byte[] output)
    {
        var end = output.AsSpan().IndexOf("\r\n\r\n"u8);
        foreach (var line in Encoding.ASCII.GetString(output, 0, end).Split("\r\n"))
        {
            var (name, value) = (line[..line.IndexOf(':', StringComparison.Ordinal)], line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
            if (name == "Status")
            {
                response.StatusCode = int.Parse(value.Split(' ')[0], CultureInfo.InvariantCulture);
            }
            else
            {
                response.Headers[name] = value;
            }
        }

        return response.Body.WriteAsync(output.AsMemory(end + 4)).AsTask();
    }
}
