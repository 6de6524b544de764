using System.Globalization;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.Platform.Tls;
using GitOps.TestKit;
using GitOps.TestKit.Net;

namespace GitOps.Agent.Host.Tests.Chrony;

/// <summary>A chronyd that tells the machine's own time and steers nothing.</summary>
internal sealed class ChronyServer : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private LongProcess? _process;

    private ChronyServer(CertificateAuthority? authority)
    {
        DiskFileLayer.Host.SetMode(_directory.Path, (UnixFileMode)0b111_101_000);
        authority?.IssueServer(["127.0.0.1"], TimeSpan.FromDays(1)).Save(DiskFileLayer.Host, _directory["nts.crt"], _directory["nts.key"]);
        string[] security = authority is null ? [] :
        [
            $"ntsservercert {_directory["nts.crt"]}", $"ntsserverkey {_directory["nts.key"]}",
            string.Create(CultureInfo.InvariantCulture, $"ntsport {KeyPort}"), $"ntsdumpdir {_directory.Path}",
        ];
        File.WriteAllLines(_directory["chrony.conf"],
        [
            .. security,
            "user root", "local stratum 3", "allow", "bindaddress 127.0.0.1", "cmdport 0",
            string.Create(CultureInfo.InvariantCulture, $"port {Port}"),
            $"bindcmdaddress {_directory["chronyd.sock"]}", $"pidfile {_directory["chronyd.pid"]}",
        ]);
        _process = LongProcess.Start(new Command(["chronyd", "-x", "-d", "-f", _directory["chrony.conf"]]))!;
    }

    public int Port { get; } = FreePort.Next();

    /// <summary>Of the key exchange of network time security.</summary>
    public int KeyPort { get; } = FreePort.Next();

    public static async Task<ChronyServer> StartAsync(CancellationToken cancellationToken, CertificateAuthority? authority = null)
    {
        var server = new ChronyServer(authority);
        await Eventually.BecomesTrue(() => File.Exists(server._directory["chronyd.sock"]), cancellationToken: cancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _process, null) is { } process)
        {
            await process.DisposeAsync();
            _directory.Dispose();
        }
    }
}
