using System.Globalization;
using System.Net.Sockets;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.Net;

namespace GitOps.ControlPlane.Tests.Git;

/// <summary>A real sshd on a loopback port, with keys of its own; skips the test where the program is missing.</summary>
internal sealed class TestSshd : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private LongProcess? _process;

    public int Port { get; } = FreePort.Next();

    /// <summary>A key the server lets in.</summary>
    public string Key => _directory["user"];

    /// <summary>A key it does not know.</summary>
    public string OtherKey => _directory["other"];

    /// <summary>The server's real host key.</summary>
    public string KnownHosts => _directory["known_hosts"];

    /// <summary>Says that the server has another one.</summary>
    public string WrongKnownHosts => _directory["wrong_known_hosts"];

    public static async Task<TestSshd> StartAsync(CancellationToken cancellationToken)
    {
        // sshd starts itself again for each connection, and wants its whole path for that.
        var program = NeedsPackage.OrSkip("openssh-server", "/usr/sbin/sshd");
        var server = new TestSshd();
        foreach (var key in new[] { "host", "user", "other" })
        {
            await RunAsync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", server._directory[key]], cancellationToken);
        }

        File.Copy(server._directory["user.pub"], server._directory["authorized_keys"]);
        await server.WriteKnownHostsAsync(server.KnownHosts, "host.pub", cancellationToken);
        await server.WriteKnownHostsAsync(server.WrongKnownHosts, "other.pub", cancellationToken);
        await File.WriteAllTextAsync(
            server._directory["sshd_config"],
            string.Create(CultureInfo.InvariantCulture, $"""
                Port {server.Port}
                ListenAddress 127.0.0.1
                HostKey {server._directory["host"]}
                AuthorizedKeysFile {server._directory["authorized_keys"]}
                PidFile none
                StrictModes no
                UsePAM no
                PasswordAuthentication no
                KbdInteractiveAuthentication no
                PermitRootLogin prohibit-password

                """),
            cancellationToken);
        if (Environment.UserName == "root")
        {
            Directory.CreateDirectory("/run/sshd"); // its privilege separation; the package's service makes it at boot
        }

        server._process = LongProcess.Start(new Command([program, "-D", "-e", "-f", server._directory["sshd_config"]]));
        await Eventually.BecomesTrue(server.AcceptsAsync, TimeSpan.FromSeconds(30), cancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _directory.Dispose();
    }

    private async Task WriteKnownHostsAsync(string path, string publicKey, CancellationToken cancellationToken)
    {
        var key = await File.ReadAllTextAsync(_directory[publicKey], cancellationToken);
        var line = string.Create(CultureInfo.InvariantCulture, $"[127.0.0.1]:{Port} {key}");
        await File.WriteAllTextAsync(path, line, cancellationToken);
    }

    private static async Task RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var result = await new CommandRunner(TimeProvider.System).RunAsync(new Command(arguments), cancellationToken);
        Assert.True(result.Succeeded, result.Error);
    }

    private async Task<bool> AcceptsAsync()
    {
        Assert.False(_process!.HasExited, $"sshd ended: {_process.Error}");
        try
        {
            using var probe = new TcpClient();
            await probe.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
