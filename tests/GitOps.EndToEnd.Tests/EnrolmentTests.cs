using System.Security.Cryptography.X509Certificates;
using GitOps.Agent;
using GitOps.ControlPlane.Identity;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.Platform.Files;
using GitOps.Platform.Identity;
using GitOps.Platform.Tls;

namespace GitOps.EndToEnd.Tests;

/// <summary>Machines that make their own keys, and certificates of seconds: real programs on loopback.</summary>
public sealed class EnrolmentTests
{
    private const string Node = "press-1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_enrols_renews_while_it_runs_comes_back_after_its_certificate_ended_and_is_replaced()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var revision = await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet("allAtOnce", "identity: {certificateLife: 6s, renewalGrace: 10m}") + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), Things("first"));
        await fleet.UntilAsync(async () => (await fleet.StatusAsync()).Published == revision, "the revision, which says how long certificates last, is published");
        var node = await fleet.EnrolItselfAsync(Node);
        node.Start(pollMs: 100);
        await fleet.ConvergedAsync(revision);
        var steady = node.ProcessOf("steady");

        // While it runs: another certificate, another key, and everything goes on over it.
        var first = SerialOf(node);
        await fleet.UntilAsync(() => SerialOf(node) != first, "the certificate is renewed");
        await fleet.PushAsync("renewed", Things("renewed"));
        Assert.Equal(("renewed", steady), (node.Read("motd"), node.ProcessOf("steady")));

        // Off until its certificate has ended, and back within the grace.
        await node.KillAsync();
        await fleet.UntilAsync(() => EndOf(node) < TimeProvider.System.GetUtcNow(), "the certificate has ended");
        node.Start(pollMs: 100);
        await fleet.PushAsync("back", Things("back"));
        Assert.Equal(("back", steady), (node.Read("motd"), node.ProcessOf("steady")));
        Assert.Empty((await fleet.StatusAsync()).Copies);

        // Another machine takes its place: the first is refused and says so, and what it runs goes on.
        var next = await fleet.EnrolItselfAsync(Node, $"{fleet.HomeOf("other")}-identity", fleet.HomeOf("other"), replaces: true);
        await fleet.UntilAsync(
            async () => (await node.AskAsync(Cancellation, "status")).Output.Contains($"IdentityCurrent=False", StringComparison.Ordinal) &&
                (await node.AskAsync(Cancellation, "status")).Output.Contains(AgentCodes.EnrolAgain.Id, StringComparison.Ordinal),
            "the machine before says that it has to be enrolled again");
        Assert.Equal(steady, node.ProcessOf("steady"));
        Assert.Equal("back", node.Read("motd"));
        Assert.NotEqual(node.Identity, next.Identity);
    }

    [Fact]
    public async Task What_is_wrong_at_enrolment_is_said_and_nothing_is_written()
    {
        await using var fleet = new TestFleet(broker: null);
        await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, "/srv")), ("things.yaml", Yaml.File("motd", "hello")));
        var folder = $"{fleet.HomeOf(Node)}-identity";
        var made = await fleet.ControlPlane.CreateTokenAsync(Node, replaces: false, Cancellation);

        var wrong = await fleet.ControlPlane.EnrolItselfAsync(made with { AuthoritySha256 = new string('0', 64) }, folder, Cancellation);
        Assert.Equal((5, true), (wrong.ExitCode, wrong.Error.Contains(AgentCodes.WrongAuthority.Id, StringComparison.Ordinal)));
        var other = await fleet.ControlPlane.EnrolItselfAsync(made, folder, Cancellation, "--node", "press-2");
        Assert.Equal((5, true), (other.ExitCode, other.Error.Contains(IdentityCodes.TokenRefused.Id, StringComparison.Ordinal)));
        Assert.False(Directory.Exists(folder));

        // A folder that is there without an identity keeps what a person put into it.
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync($"{folder}/policy.json", "{\"format\":1}", Cancellation);
        Assert.Equal(0, (await fleet.ControlPlane.EnrolItselfAsync(made, folder, Cancellation)).ExitCode);
        Assert.Equal("{\"format\":1}", await File.ReadAllTextAsync($"{folder}/policy.json", Cancellation));
        Assert.Equal(AtomicFile.Private, DiskFileLayer.Host.Stat($"{folder}/{IdentityFolder.SealKey}")?.Mode);
        Assert.Equal(AtomicFile.Private, DiskFileLayer.Host.Stat($"{folder}/{IdentityFolder.Key}")?.Mode);

        var again = await fleet.ControlPlane.EnrolItselfAsync(made, folder, Cancellation);
        Assert.Equal((5, true), (again.ExitCode, again.Error.Contains(AgentCodes.IdentityThere.Id, StringComparison.Ordinal)));
        var used = await fleet.ControlPlane.EnrolItselfAsync(made, $"{folder}-2", Cancellation);
        Assert.Equal((5, true), (used.ExitCode, used.Error.Contains(IdentityCodes.TokenRefused.Id, StringComparison.Ordinal)));
        Assert.False(Directory.Exists($"{folder}-2"));
    }

    private static (string Path, string Content) Things(string word) => ("things.yaml", Yaml.Sleeper("steady") + Yaml.File("motd", word));

    private static string SerialOf(TestNode node) => Read(node, certificate => certificate.SerialNumber);

    private static DateTimeOffset EndOf(TestNode node) => Read(node, certificate => new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));

    private static T Read<T>(TestNode node, Func<X509Certificate2, T> read)
    {
        using var certificate = CertificateFiles.LoadAuthorities(DiskFileLayer.Host, $"{node.Identity}/{IdentityFolder.Certificate}")[0];
        return read(certificate);
    }
}
