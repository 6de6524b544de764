using System.Text;
using System.Text.Json;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;
using GitOps.TestKit;

namespace GitOps.ControlPlane.Tests.Identity;

public sealed class NodeIdentityTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly DataDirectory _data;
    private readonly FleetAuthority _authority;

    public NodeIdentityTests()
    {
        _data = new DataDirectory(_directory["data"]);
        _authority = FleetAuthority.Open(DiskFileLayer.Host, _data, TimeProvider.System);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_new_node_gets_a_folder_with_all_it_needs_and_a_key_only_its_owner_reads()
    {
        Assert.IsType<NodeEnrolled.Added>(NodeIdentity.Add(Enrolment(), _authority, DiskFileLayer.Host));

        var folder = _directory["press-1"];
        Assert.Equal(
            ["agent.json", "ca.crt", "node.crt", "node.key", "policy.json", "root.json", "seal.key"],
            DiskFileLayer.Host.Enumerate(folder));
        Assert.Equal(AtomicFile.Private, DiskFileLayer.Host.Stat($"{folder}/node.key")?.Mode);
        Assert.Equal("{\"root\":1}", File.ReadAllText($"{folder}/root.json"));
        Golden.Verify("identity/agent.json", File.ReadAllText($"{folder}/agent.json"));
        Golden.Verify("identity/policy.json", File.ReadAllText($"{folder}/policy.json"));
    }

    [Fact]
    public void The_certificate_names_node_and_fleet_and_is_in_the_authoritys_log()
    {
        var added = Assert.IsType<NodeEnrolled.Added>(NodeIdentity.Add(Enrolment(), _authority, DiskFileLayer.Host));

        var folder = _directory["press-1"];
        using var identity = CertificateFiles.LoadIdentity(DiskFileLayer.Host, $"{folder}/node.crt", $"{folder}/node.key");
        var authorities = CertificateFiles.LoadAuthorities(DiskFileLayer.Host, $"{folder}/ca.crt");
        var verifier = new PeerVerifier(authorities, PeerRole.Client, TimeProvider.System.GetUtcNow);
        Assert.Equal(new PeerVerdict.Accepted("press-1", "fleet-uid"), verifier.Verify(identity));
        Assert.Equal([added.Certificate.Serial], _authority.Issued().Select(i => i.Serial));
    }

    [Fact]
    public void A_folder_that_is_there_is_replaced_only_when_asked()
    {
        NodeIdentity.Add(Enrolment(), _authority, DiskFileLayer.Host);
        var key = File.ReadAllText(_directory["press-1/node.key"]);

        var refused = Assert.IsType<NodeEnrolled.Refused>(NodeIdentity.Add(Enrolment(), _authority, DiskFileLayer.Host));
        Assert.Equal(IdentityCodes.FolderExists.Id, refused.Problem.Code);
        Assert.Equal(key, File.ReadAllText(_directory["press-1/node.key"]));

        Assert.IsType<NodeEnrolled.Added>(
            NodeIdentity.Add(Enrolment() with { Force = true }, _authority, DiskFileLayer.Host));
        Assert.NotEqual(key, File.ReadAllText(_directory["press-1/node.key"]));
        Assert.Equal(["data", "press-1"], DiskFileLayer.Host.Enumerate(_directory.Path));
    }

    [Fact]
    public void A_node_that_has_an_identity_gets_another_only_when_asked_and_the_first_is_revoked_then()
    {
        var first = Assert.IsType<NodeEnrolled.Added>(NodeIdentity.Add(Enrolment(), _authority, DiskFileLayer.Host)).Certificate;
        var elsewhere = Enrolment() with { Folder = _directory["elsewhere"] };

        var refused = Assert.IsType<NodeEnrolled.Refused>(NodeIdentity.Add(elsewhere, _authority, DiskFileLayer.Host));
        Assert.Equal(IdentityCodes.NodeHasIdentity.Id, refused.Problem.Code);
        Assert.Contains(first.Serial, refused.Problem.What, StringComparison.Ordinal);
        Assert.Null(_authority.Withdrawals.Find(first.Serial));

        var second = Assert.IsType<NodeEnrolled.Added>(
            NodeIdentity.Add(elsewhere with { Force = true }, _authority, DiskFileLayer.Host)).Certificate;
        Assert.Equal(Withdrawal.Revoked, _authority.Withdrawals.Find(first.Serial)?.State);
        Assert.Null(_authority.Withdrawals.Find(second.Serial));
        Assert.Equal(second, _authority.CurrentOf("press-1"));
    }

    [Fact]
    public void A_server_that_is_called_like_a_node_keeps_its_certificate()
    {
        var server = _authority.Issue(ca => ca.IssueServer(["press-1"], TimeSpan.FromDays(1)));

        NodeIdentity.Add(Enrolment(), _authority, DiskFileLayer.Host);

        Assert.Null(_authority.Withdrawals.Find(server.Record.Serial));
    }

    [Fact]
    public void A_revoked_certificate_stays_revoked_across_a_restart()
    {
        var first = Assert.IsType<NodeEnrolled.Added>(NodeIdentity.Add(Enrolment(), _authority, DiskFileLayer.Host)).Certificate;
        NodeIdentity.Add(Enrolment() with { Force = true }, _authority, DiskFileLayer.Host);

        var restarted = FleetAuthority.Open(DiskFileLayer.Host, _data, TimeProvider.System);

        Assert.Equal(Withdrawal.Revoked, restarted.Withdrawals.Find(first.Serial)?.State);
    }

    [Fact]
    public void A_name_that_is_no_label_is_refused_before_anything_is_issued()
    {
        var refused = NodeIdentity.Add(Enrolment() with { Node = MosquittoName }, _authority, DiskFileLayer.Host);

        Assert.Equal(IdentityCodes.BadNodeName.Id, Assert.IsType<NodeEnrolled.Refused>(refused).Problem.Code);
        Assert.Empty(_authority.Issued());
    }

    [Fact]
    public void While_another_program_issues_the_node_is_told_to_wait()
    {
        using var held = CommandLock.TryTake(_data.AuthorityLock, out _);

        var refused = NodeIdentity.Add(Enrolment(), _authority, DiskFileLayer.Host);

        Assert.Equal(IdentityCodes.AuthorityBusy.Id, Assert.IsType<NodeEnrolled.Refused>(refused).Problem.Code);
    }

    [Fact]
    public void A_node_without_a_broker_has_none_in_its_configuration()
    {
        NodeIdentity.Add(Enrolment() with { Broker = null }, _authority, DiskFileLayer.Host);

        using var agent = JsonDocument.Parse(File.ReadAllText(_directory["press-1/agent.json"]));
        Assert.False(agent.RootElement.TryGetProperty("broker", out _));
    }

    private const string MosquittoName = "gitops.control-plane";

    private NodeEnrolment Enrolment() => new(
        "press-1",
        "fleet-uid",
        _directory["press-1"],
        Encoding.UTF8.GetBytes("{\"root\":1}"),
        new Uri("https://gitops.example:8443"),
        new Uri("mqtts://gitops.example:8883"));
}
