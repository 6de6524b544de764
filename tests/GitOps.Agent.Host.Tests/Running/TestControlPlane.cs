using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Reports;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;
using GitOps.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace GitOps.Agent.Host.Tests.Running;

/// <summary>A store and an inbox for reports, over HTTPS with mutual TLS on a real socket.</summary>
internal sealed class TestControlPlane : IAsyncDisposable
{
    public const string Fleet = "fleet-1";
    public const string Node = "press-1";
    private readonly ConcurrentDictionary<string, byte[]> _tree = new();
    private readonly EcdsaSigner _rootSigner = NewSigner();
    private EcdsaSigner _signer = NewSigner();
    private readonly CertificateAuthority _authority;
    private readonly List<CertificateAuthority> _authorities = [];
    private readonly TempDirectory _folder = new();
    private WebApplication? _server;
    private long _generation;

    private TestControlPlane()
    {
        _authority = CertificateAuthority.OpenOrCreate(DiskFileLayer.Host, _folder["ca"], "test", TimeSpan.FromDays(1), TimeProvider.System);
        _authorities.Add(_authority);
        TellTime = nonce => SignTime(nonce, TimeProvider.System.GetUtcNow());
    }

    public int Port { get; private set; }

    public ConcurrentQueue<NodeReport> Reports { get; } = new();

    /// <summary>Lines that say what devices said, as they came.</summary>
    public ConcurrentQueue<string> Values { get; } = new();

    public NodeReport? Last => Reports.LastOrDefault();

    /// <summary>What it answers who asks for the time with a nonce.</summary>
    public Func<string, byte[]> TellTime { get; set; }

    public static async Task<TestControlPlane> StartAsync()
    {
        var plane = new TestControlPlane();
        await plane.ListenAsync();
        return plane;
    }

    /// <summary>Writes what <c>gitops node add</c> writes.</summary>
    public void WriteIdentity(string folder, string state, IEnumerable<string> roots, int deadlineMs, IEnumerable<string> users)
    {
        Directory.CreateDirectory(folder);
        _authority.IssueNode(Node, Fleet, TimeSpan.FromDays(1)).Save(DiskFileLayer.Host, $"{folder}/node.crt", $"{folder}/node.key");
        File.WriteAllText($"{folder}/ca.crt", _authority.CertificatePem);
        File.WriteAllBytes($"{folder}/root.json", SignRoot(1));
        File.WriteAllText($"{folder}/agent.json", $$"""
            { "format": 1, "fleet": "{{Fleet}}", "node": "{{Node}}", "server": "https://localhost:{{Port}}",
              "stateDirectory": "{{state}}", "pollMs": 200, "commitDeadlineMs": {{deadlineMs}} }
            """);
        File.WriteAllText($"{folder}/policy.json", $$"""
            { "format": 1, "paths": [{{string.Join(", ", roots.Select(r => $"\"{r}\""))}}], "exec": ["/bin", "/usr/bin"],
              "users": [{{string.Join(", ", users.Select(u => $"\"{u}\""))}}] }
            """);
    }

    public void Publish(Bundle bundle, params ReadOnlySpan<byte[]> blobs)
    {
        foreach (var blob in blobs)
        {
            _tree["/" + StorePaths.Blob(Fleet, Digest.Of(blob))] = blob;
        }

        var bytes = bundle.ToBytes();
        _tree["/" + StorePaths.Blob(Fleet, Digest.Of(bytes))] = bytes;
        Publish(new PublicationEntry(Node, Digest.Of(bytes), bytes.Length));
    }

    /// <summary>What it has for the node under this version, sealed to a key.</summary>
    public void Seal(AgeRecipient to, Digest version, string json, string node = Node) => _tree["/" + StorePaths.Sealed(Fleet, Node)] = new SealedSecrets
    {
        Fleet = Fleet,
        Node = node,
        Recipient = to.ToString(),
        Secrets = [new SealedSecret(version, Convert.ToBase64String(AgeFile.Seal(System.Text.Encoding.UTF8.GetBytes(json), [to])))],
    }.Sign(_signer).ToBytes();

    /// <summary>Answers instead of the store, where <see cref="IsAttacked"/> says so.</summary>
    public Func<HttpContext, Task>? Attack { get; set; }

    /// <summary>Paths that are attacked; the node's pointer, unless said otherwise.</summary>
    public Func<string, bool> IsAttacked { get; set; } = path => path == "/" + StorePaths.Pointer(Fleet, Node);

    public long Generation => _generation;

    /// <summary>What is served as the node's pointer.</summary>
    public byte[] Pointer
    {
        get => _tree["/" + StorePaths.Pointer(Fleet, Node)];
        set => _tree["/" + StorePaths.Pointer(Fleet, Node)] = value;
    }

    /// <summary>So many generations are used up.</summary>
    public void Skip(int generations) => _generation += generations;

    /// <summary>The first pointer of a publication, well signed; nobody is shown it.</summary>
    public Pointer SignPointer(long generation, params PublicationEntry[] entries) =>
        Publication.Sign(Fleet, generation, "0123456789abcdef", entries, _signer)[0];

    /// <summary>A root like the one nodes have.</summary>
    public RootStatement Root(long version) => new()
    {
        Fleet = Fleet,
        Version = version,
        Threshold = 1,
        RootKeys = [_rootSigner.Key],
        PublicationKeys = [_signer.Key],
        Authorities = [.. _authorities.Select(authority => authority.CertificatePem)],
    };

    public void ServeRoot(long version, RootStatement root, params ISigner[] signers) => _tree["/" + StorePaths.Root(Fleet, version)] = root.Sign(signers).ToBytes();

    public void WithdrawRoots() => _tree.TryRemove("/" + StorePaths.Root(Fleet, 2), out _);

    /// <summary>Root 2 names another authority besides, or instead of, the one there is.</summary>
    public void NameAnotherAuthority() => _authorities.Add(
        CertificateAuthority.OpenOrCreate(DiskFileLayer.Host, _folder["ca2"], "test", TimeSpan.FromDays(1), TimeProvider.System));

    /// <summary>Comes back on the same port with a certificate of the authority that was named last.</summary>
    public async Task ComeBackAsync()
    {
        await GoAwayAsync();
        await ListenAsync();
    }

    /// <summary>A signed tombstone: the node leaves the fleet.</summary>
    public void Decommission(Decommission how) => Publish(new PublicationEntry(Node, null, 0) { Decommission = how });

    /// <summary>Publications are signed by another key from now on, and root 2 says so.</summary>
    public void Rotate()
    {
        _signer.Dispose();
        _signer = NewSigner();
        _tree["/" + StorePaths.Root(Fleet, 2)] = SignRoot(2);
    }

    private void Publish(PublicationEntry entry) => _tree["/" + StorePaths.Pointer(Fleet, Node)] =
        Publication.Sign(Fleet, ++_generation, "0123456789abcdef", [entry], _signer)[0].ToBytes();

    public byte[] SignRoot(long version) => Root(version).Sign(_rootSigner).ToBytes();

    public void ServeRoot(long version) => _tree["/" + StorePaths.Root(Fleet, version)] = SignRoot(version);

    public byte[] SignTime(string nonce, DateTimeOffset time) =>
        new TimeStatement { Fleet = Fleet, Nonce = nonce, Time = time }.Sign(_signer).ToBytes();

    public static EcdsaSigner NewSigner() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public async Task GoAwayAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await server.StopAsync();
            await server.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await GoAwayAsync();
        foreach (var authority in _authorities)
        {
            authority.Dispose();
        }

        _signer.Dispose();
        _rootSigner.Dispose();
        _folder.Dispose();
    }

    private async Task ListenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var identity = _authorities[^1].IssueServer(["localhost"], TimeSpan.FromDays(1)).ToIdentity();
        var verifier = new PeerVerifier([_authority.Certificate], PeerRole.Client, () => TimeProvider.System.GetUtcNow());
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Port, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = identity;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, _, _) => verifier.Verify(certificate) is PeerVerdict.Accepted;
        })));
        _server = builder.Build();
        _server.Run(AnswerAsync);
        await _server.StartAsync();
        Port = new Uri(_server.Urls.First()).Port;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Method == "POST")
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            if (context.Request.Path == $"/v1/{Fleet}/values")
            {
                var lines = System.Text.Encoding.UTF8.GetString(body.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
                Array.ForEach(lines, Values.Enqueue);
                await context.Response.BodyWriter.WriteAsync(ReportJson.Write(new ValueReceipt(lines.Length, 0)));
                return;
            }

            var report = ReportJson.TryReadReport(body.ToArray())!;
            Reports.Enqueue(report);
            await context.Response.BodyWriter.WriteAsync(ReportJson.Write(new Ack(report.BootId, report.Sequence)));
            return;
        }

        if (context.Request.Path.Value!.Split('/') is ["", "v1", Fleet, "time", var nonce])
        {
            await context.Response.BodyWriter.WriteAsync(TellTime(nonce));
            return;
        }

        if (Attack is { } attack && IsAttacked(context.Request.Path.Value!))
        {
            await attack(context);
            return;
        }

        if (!_tree.TryGetValue(context.Request.Path.Value!, out var bytes))
        {
            context.Response.StatusCode = 404;
            return;
        }

        var etag = $"\"{Digest.Of(bytes).Hex}\"";
        context.Response.Headers.ETag = etag;
        if (context.Request.Headers.IfNoneMatch == etag)
        {
            context.Response.StatusCode = 304;
            return;
        }

        await context.Response.BodyWriter.WriteAsync(bytes);
    }
}
