using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using GitOps.Bundles;
using GitOps.ControlPlane.Api;
using GitOps.Platform.Files;
using GitOps.Platform.Http;
using GitOps.Platform.Processes;
using GitOps.Platform.Tls;

namespace GitOps.Cli.Demo;

/// <summary>How machines become nodes in <c>gitops demo --secure</c>, and what is answered to whom.</summary>
internal sealed partial class DemoStory
{
    /// <summary>The key of whoever commits here.</summary>
    private async Task<string> SignerAsync(CancellationToken cancellationToken)
    {
        var path = $"{world.Directory}/signer";
        var made = ProgramPath.Find("ssh-keygen", null) is { } program
            ? await world.Commands.RunAsync(new Command([program, "-q", "-t", "ed25519", "-N", "", "-C", "ada@example.org", "-f", path]), cancellationToken)
            : null;
        return made is { Succeeded: true } ? path : throw new SceneFailedException(
            $"commits are signed with ssh-keygen, which {(made is null ? "is not installed: apt-get install openssh-client" : $"failed: {made.Error.Trim()}")}");
    }

    /// <summary>As a person does: <c>gitops enroll create NODE</c>, and at the machine <c>gitops-agent enroll</c>.</summary>
    /// <returns>The token's text.</returns>
    private async Task<string> EnrolAsync(DemoAgent agent, CancellationToken cancellationToken)
    {
        if (await world.Api.CreateEnrolmentAsync(agent.Name, TimeSpan.FromHours(1), replace: false, cancellationToken) is not ApiAnswer<NewEnrolmentDocument>.Ok(var made))
        {
            throw new SceneFailedException($"there is no token for {agent.Name}");
        }

        var enrolled = await EnrolAsync(agent, made.Token, agent.Identity, cancellationToken);
        return enrolled.Succeeded ? made.Token : throw new SceneFailedException($"{agent.Name} could not enrol: {enrolled.Error.Trim()}");
    }

    private async Task<CommandResult> EnrolAsync(DemoAgent agent, string token, string folder, CancellationToken cancellationToken)
    {
        var file = $"{world.Directory}/token";
        AtomicFile.Write(DiskFileLayer.Host, file, Encoding.ASCII.GetBytes(token));
        try
        {
            return await agent.AskAsync(world.Commands,
                ["enroll", "--url", $"https://{world.Settings.NodeEndpoint}", "--token-file", file, "--ca-sha256", Fingerprint(), "--folder", folder], cancellationToken);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private string Fingerprint()
    {
        using var authority = Authority();
        return authority.GetCertHashString(HashAlgorithmName.SHA256);
    }

    private X509Certificate2 Authority() => CertificateFiles.LoadAuthorities(DiskFileLayer.Host, $"{world.Settings.DataDirectory}/ca/ca.crt")[0];

    private static X509Certificate2 Identity(DemoAgent agent) =>
        CertificateFiles.LoadIdentity(DiskFileLayer.Host, $"{agent.Identity}/node.crt", $"{agent.Identity}/node.key");

    private static string Serial(DemoAgent agent)
    {
        using var certificate = X509Certificate2.CreateFromPem(Read($"{agent.Identity}/node.crt"));
        return certificate.SerialNumber;
    }

    /// <summary>What whoever shows this certificate is answered when it asks for a node's pointer.</summary>
    private async Task<HttpAnswer> AnswerAsync(DemoAgent agent, X509Certificate2? identity, CancellationToken cancellationToken)
    {
        using var authority = Authority();
        using var http = new NodeHttp(new NodeHttpOptions(new Uri($"https://{world.Settings.NodeEndpoint}"))
        {
            Identity = identity,
            Verifier = new PeerVerifier([authority], PeerRole.Server, () => DateTimeOffset.UtcNow),
        }, TimeProvider.System);
        return await http.GetAsync(StorePaths.Pointer(fleet.Status!.Fleet!, agent.Name), etag: null, cancellationToken);
    }
}
