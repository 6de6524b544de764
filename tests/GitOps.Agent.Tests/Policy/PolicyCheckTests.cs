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

    [Theory]
    [InlineData("/dev/serial/by-id/usb-FTDI_A1", 0)]
    [InlineData("/dev/ttyS0", 1)]
    [InlineData("/dev/serial/by-id/usb-FTDI/../../../ttyS0", 1)]
    public void A_serial_port_has_to_be_allowed_by_its_path(string path, int problems)
    {
        var meter = new Unit("meter-1", new DeviceSpec
        {
            Protocol = DeviceProtocol.ModbusRtu,
            Connection = new DeviceConnection { Serial = new SerialLine(path) },
            Properties = [],
        });
        var policy = Policy with { Devices = new DevicePolicy { Serial = ["/dev/serial/by-id/usb-FTDI*"] } };

        Assert.Equal(problems, PolicyCheck.Check(Bundle.Of([meter]), policy, []).Count(p => p.Problem.Code == "AGT033"));
    }

    [Theory]
    [InlineData("opcua", 0)]
    [InlineData("bluetooth", 1)]
    public void A_mapper_has_to_be_allowed_by_its_protocol(string protocol, int problems)
    {
        var press = new Unit("press-1", new DeviceSpec
        {
            Protocol = DeviceProtocol.Mapper,
            Connection = new DeviceConnection { Mapper = new MapperConnection(protocol) },
            Properties = [],
        });
        var policy = Policy with { Devices = new DevicePolicy { Mappers = ["opc*"] } };

        Assert.Equal(problems, PolicyCheck.Check(Bundle.Of([press]), policy, []).Count(p => p.Problem.Code == "AGT033"));
    }

    [Fact]
    public void What_a_policy_leaves_out_is_denied_and_readable()
    {
        var policy = PolicyJson.Read("""{"format": 1, "containers": {"images": ["*"]}}"""u8, "policy.json").Policy!;
        Assert.Equal((0, 0, 0, 0), (policy.Paths.Count, policy.Exec.Count, policy.Devices.Hosts.Count, policy.Containers.HostPaths.Count));
        Assert.Equal(["*"], policy.Containers.Images);
        Assert.Empty(PolicyJson.Read("""{"format": 1}"""u8, "policy.json").Policy!.Containers.Images);
    }

    [Fact]
    public void What_containers_ask_for_has_to_be_allowed_by_name()
    {
        var asking = new Unit("shop", new WorkloadSpec
        {
            Containers = new ContainerGroupSpec
            {
                HostNetwork = true,
                HostPid = true,
                Containers =
                [
                    new ContainerSpec("web")
                    {
                        Image = "registry.example/app@sha256:67d8318a036ed43a073407a10acd98d812c176b3780811c6c8bd9d1f87302edf",
                        User = "1000",
                        Groups = [20],
                        Mounts = [new ContainerMount("etc", "/e") { SubPath = "../.." }],
                        Security = new ContainerSecurity
                        {
                            Privileged = true,
                            SeccompUnconfined = true,
                            AddCapabilities = ["NET_ADMIN"],
                            Devices = ["/dev/ttyS0"],
                        },
                    },
                ],
                Volumes = [new GroupVolume("etc") { Host = new HostVolume("/etc/gitops-agent") }, new GroupVolume("run") { Host = new HostVolume("/run/x") }],
            },
        });
        var problems = PolicyCheck.Check(Bundle.Of([asking]), new AgentPolicy { Format = 1 }, ["/etc/gitops-agent"]);
        Assert.Equal(
            ["AGT034", "AGT030", .. Enumerable.Repeat("AGT160", 9), "AGT030"], problems.Select(p => p.Problem.Code));
        Assert.Contains("container 'web': the image 'registry.example/app' is none of []", problems[4].Problem.What, StringComparison.Ordinal);

        var allowed = new AgentPolicy
        {
            Format = 1,
            Containers = new ContainerPolicy
            {
                Images = ["registry.example/*"],
                HostPaths = ["/run"],
                Users = ["1000", "20"],
                Capabilities = ["NET_*"],
                Devices = ["/dev/ttyS*"],
                Privileged = true,
                HostNetwork = true,
                HostPid = true,
                SeccompUnconfined = true,
            },
        };
        Assert.Equal(["AGT034", "AGT030"], PolicyCheck.Check(Bundle.Of([asking]), allowed, ["/etc/gitops-agent"]).Select(p => p.Problem.Code));
    }

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
