using System.Globalization;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.Net;

namespace GitOps.ControlPlane.Tests.Git;

/// <summary>A real sshd on a loopback port, with keys of its own; skips the test where the program is missing.</summary>
internal sealed class TestSshd : LoopbackServer
{
    // It starts itself again for each connection, and wants its whole path for that.
    private readonly string _program = NeedsPackage.OrSkip("openssh-server", "/usr/sbin/sshd");

    /// <summary>A key the server lets in.</summary>
    public string Key => Directory["user"];

    /// <summary>A key it does not know.</summary>
    public string OtherKey => Directory["other"];

    /// <summary>The server's real host key.</summary>
    public string KnownHosts => Directory["known_hosts"];

    /// <summary>Says that the server has another one.</summary>
    public string WrongKnownHosts => Directory["wrong_known_hosts"];

    protected override Command Command => new([_program, "-D", "-e", "-f", Directory["sshd_config"]]);

    public static async Task<TestSshd> StartAsync(CancellationToken cancellationToken)
    {
        var server = new TestSshd();
        foreach (var key in new[] { "host", "user", "other" })
        {
            await RunAsync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", server.Directory[key]], cancellationToken);
        }

        File.Copy(server.Directory["user.pub"], server.Directory["authorized_keys"]);
        await server.WriteKnownHostsAsync(server.KnownHosts, "host.pub", cancellationToken);
        await server.WriteKnownHostsAsync(server.WrongKnownHosts, "other.pub", cancellationToken);
        await File.WriteAllTextAsync(
            server.Directory["sshd_config"],
            string.Create(CultureInfo.InvariantCulture, $"""
                Port {server.Port}
                ListenAddress 127.0.0.1
                HostKey {server.Directory["host"]}
                AuthorizedKeysFile {server.Directory["authorized_keys"]}
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
            System.IO.Directory.CreateDirectory("/run/sshd"); // its privilege separation; the package's service makes it at boot
        }

        return await StartAsync(server, cancellationToken);
    }

    private async Task WriteKnownHostsAsync(string path, string publicKey, CancellationToken cancellationToken)
    {
        var key = await File.ReadAllTextAsync(Directory[publicKey], cancellationToken);
        var line = string.Create(CultureInfo.InvariantCulture, $"[127.0.0.1]:{Port} {key}");
        await File.WriteAllTextAsync(path, line, cancellationToken);
    }

    private static async Task RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var result = await new CommandRunner(TimeProvider.System).RunAsync(new Command(arguments), cancellationToken);
        Assert.True(result.Succeeded, result.Error);
    }
}
