using System.Globalization;
using GitOps.Platform.Processes;
using GitOps.TestKit.Net;

namespace GitOps.TestKit.Storage;

/// <summary>A real sshd that lets one key in, for SFTP.</summary>
public sealed class TestSftp : LoopbackServer
{
    private readonly string _program = NeedsPackage.OrSkip("openssh-server", "/usr/sbin/sshd");

    /// <summary>What may be used on it.</summary>
    public string Root => Directory["served"];

    public string PrivateKey => File.ReadAllText(Directory["user"]);

    /// <summary>As <c>ssh-keyscan</c> prints it.</summary>
    public string HostKey => string.Join(' ', File.ReadAllText(Directory["host.pub"]).Split(' ')[..2]);

    protected override Command Command => new([_program, "-D", "-e", "-f", Directory["sshd_config"]]);

    public static async Task<TestSftp> StartAsync(CancellationToken cancellationToken)
    {
        var server = new TestSftp();
        System.IO.Directory.CreateDirectory(server.Root);
        foreach (var key in new[] { "host", "user" })
        {
            await new CommandRunner(TimeProvider.System).RunAsync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", server.Directory[key]], cancellationToken);
        }

        await File.WriteAllTextAsync(server.Directory["sshd_config"], string.Create(CultureInfo.InvariantCulture, $"""
            Port {server.Port}
            ListenAddress 127.0.0.1
            HostKey {server.Directory["host"]}
            AuthorizedKeysFile {server.Directory["user.pub"]}
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password
            Subsystem sftp internal-sftp

            """), cancellationToken);
        if (Environment.UserName == "root")
        {
            System.IO.Directory.CreateDirectory("/run/sshd"); // its privilege separation; the package's service makes it at boot
        }

        return await StartAsync(server, cancellationToken);
    }
}
