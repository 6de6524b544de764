using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using GitOps.Agent.Host.Containers;
using GitOps.Bundles;
using GitOps.Platform.Http;
using GitOps.Platform.Processes;
using GitOps.Platform.Tls;

namespace GitOps.Agent.Host.Diagnosis;

/// <summary>Tries the ways out of this node as the agent would go them, without disturbing an agent that runs.</summary>
internal sealed class Reaching(X509Certificate2 identity, PeerVerifier verifier, TimeProvider time)
{
    private const string Network = "check cable, address, DNS and firewall: the node needs to reach that port, and nothing needs to reach the node";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public async Task<Check> StoreAsync(Uri server, string fleet, CancellationToken cancellationToken)
    {
        using var http = new NodeHttp(new NodeHttpOptions(server) { Identity = identity, Verifier = verifier, Timeout = Limit }, time);
        return await http.GetAsync(StorePaths.Head(fleet), etag: null, cancellationToken) switch
        {
            HttpAnswer.Content or HttpAnswer.NotModified or HttpAnswer.NotFound => Check.Ok("store", $"{server} answers, and knows this node"),
            HttpAnswer.Refused(var status, var detail) =>
                Check.Fail("store", $"{server} answers {status}: {detail}", "see on the control plane whether this node's identity was withdrawn: 'gitops node add NAME --force' makes another"),
            HttpAnswer.Unreachable(var because) => Check.Warn("store", because, Network),
            var answer => throw new System.Diagnostics.UnreachableException($"no such answer: {answer}"),
        };
    }

    /// <summary>As far as the handshake: a session of the same name would end the one of the agent.</summary>
    public async Task<Check> BrokerAsync(Uri? broker, CancellationToken cancellationToken)
    {
        if (broker is null)
        {
            return Check.Note("broker", "none is configured: the node polls and reports over HTTPS");
        }

        var (port, isTls) = broker.Scheme switch
        {
            "mqtts" => (8883, true),
            "wss" => (443, true),
            "ws" => (80, false),
            _ => (1883, false),
        };
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        string? refused = null;
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(broker.DnsSafeHost, broker.IsDefaultPort || broker.Port < 0 ? port : broker.Port, either.Token);
            if (isTls)
            {
                await using var tls = new SslStream(socket.GetStream());
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                {
                    TargetHost = broker.DnsSafeHost,
                    ClientCertificates = [identity],
                    RemoteCertificateValidationCallback = verifier.AsCallback(broker.DnsSafeHost, why => refused = why.Because),
                }, either.Token);
            }

            return Check.Ok("broker", $"{broker} is reached");
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException ||
            (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var because = refused is null ? e.GetBaseException().Message : $"it is not who it should be: {refused}";
            return Check.Warn("broker", $"{broker}: {because}; reports go over HTTPS meanwhile", Network);
        }
    }

    /// <summary>Asks the engine that the agent would ask for a sign of life; starts none.</summary>
    public static async Task<Check> EngineAsync(EngineChoice choice, CancellationToken cancellationToken)
    {
        if (choice.IsNone)
        {
            return Check.Note("engine", "there is no socket of Podman or Docker: bundles with containers are refused, by name");
        }

        var there = choice.Sockets.FirstOrDefault(File.Exists);
        if (there is null)
        {
            return choice.Podman is not { } podman
                ? Check.Warn("engine", $"there is nothing at [{string.Join(", ", choice.Sockets)}], where containerEngine says the engine is",
                    "start the engine: 'systemctl enable --now podman.socket' or 'docker', or change containerEngine in agent.json")
                : ProgramPath.Find(podman, workingDirectory: null) is { } program ? Check.Ok("engine", $"{program} is started when it is needed")
                : Check.Warn("engine", $"there is no program '{podman}'", "apt-get install podman, or change containerEngine in agent.json");
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(there), limit.Token);
            await socket.SendAsync("GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n"u8.ToArray(), limit.Token);
            var answer = new byte[256];
            var length = await socket.ReceiveAsync(answer, limit.Token);
            var line = Encoding.ASCII.GetString(answer, 0, length).Split('\r')[0];
            return line.Contains(" 200 ", StringComparison.Ordinal)
                ? Check.Ok("engine", $"{there} answers")
                : Check.Warn("engine", $"{there} answers '{line}'", "restart the engine: 'systemctl restart podman.socket' or 'docker'");
        }
        catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Check.Warn("engine", $"{there}: {e.Message}", "start it: 'systemctl enable --now podman.socket' or 'docker'; the agent must be allowed to open the socket");
        }
    }
}
