using GitOps.Agent.Policy;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Policy;

public sealed class PolicyCheckTests
{
    private static readonly AgentPolicy Policy = new()
    {
        Format = 1,
        Paths = ["/srv", "/etc"],
        Users = ["app"],
        Exec = ["/usr/bin"],
        Devices = new DevicePolicy { Hosts = ["10.0.*"], Writable = ["plc-1/set*", "pump/*"] },
    };

    [Theory]
    [InlineData("/srv/a", null)]
    [InlineData("/srv", "AGT030")]
    [InlineData("/srvx/a", "AGT030")]
    [InlineData("/srv/../etc/shadow", "AGT030")]
    [InlineData("/srv//a", "AGT030")]
    [InlineData("/usr/a", "AGT030")]
    [InlineData("/etc/gitops-agent/policy.json", "AGT034")]
    [InlineData("/etc/gitops-agent", "AGT034")]
    public void A_path_lies_beneath_a_root_and_never_touches_the_agent(string path, string? code) =>
        Assert.Equal(code, Codes(new Unit("f", new FileSpec { Path = path, Content = [] })).SingleOrDefault());

    [Fact]
    public void A_secret_is_read_only_from_where_bundles_may_look()
    {
        var secret = new ContentPart.Secret("node", "key", Digest.Of([1]), "/etc/gitops-agent/node.key");
        Assert.Equal(["AGT034"], Codes(new Unit("f", new FileSpec { Path = "/srv/f", Content = [secret] })));
    }

    [Theory]
    [InlineData("/usr/bin/env", null)]
    [InlineData("./run", null)]
    [InlineData("./../../bin/sh", "AGT032")]
    [InlineData("/bin/sh", "AGT032")]
    [InlineData("sh", "AGT032")]
    public void An_executable_is_the_units_own_or_beneath_a_root(string program, string? code) =>
        Assert.Equal(code, Codes(Process(program, null)).SingleOrDefault());

    [Fact]
    public void Everything_a_bundle_asks_too_much_is_found_at_once()
    {
        var device = new Unit("plc-1", new DeviceSpec
        {
            Protocol = DeviceProtocol.ModbusTcp,
            Connection = new DeviceConnection { Host = "192.168.0.1" },
            Properties = [Property("setpoint"), Property("reset")],
        });
        var problems = PolicyCheck.Check(Bundle.Of([device, Process("/bin/sh", "root")]), Policy, []);
        Assert.Equal(["AGT033", "AGT033", "AGT032", "AGT031"], problems.Select(p => p.Problem.Code));
        Assert.Contains("'plc-1/reset'", problems[1].Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_that_does_not_exist_is_an_error_in_the_policy_file()
    {
        var (policy, problem) = PolicyJson.Read("""{ "format": 1, "path": ["/"] }"""u8, "policy.json");
        Assert.Null(policy);
        Assert.Contains("path", problem!.What, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Codes(Unit unit) =>
        PolicyCheck.Check(Bundle.Of([unit]), Policy, ["/etc/gitops-agent"]).Select(p => p.Problem.Code);

    private static Unit Process(string program, string? user) =>
        new("w", new WorkloadSpec { Process = new ProcessSpec { Command = [program], User = user } });

    private static DeviceProperty Property(string name) => new()
    {
        Name = name,
        Type = DeviceValueType.Bool,
        Access = DeviceAccess.ReadWrite,
        Desired = new DesiredValue(new DeviceValue.Boolean(true)),
    };
}
