using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

/// <summary>A bundle with a group of containers, and with every optional member that <see cref="Samples.Bundle"/> leaves out.</summary>
internal static class GroupSamples
{
    public static Bundle Bundle { get; } = Bundle.Of(
    [
        new Unit("shop", new WorkloadSpec { Containers = Group() }) { Requires = [UnitId.Parse("volume/data")] },
        new Unit("data", new VolumeSpec { Path = "/srv/data", Mode = "0700", Owner = "shop", Group = "adm", Adopt = true }),
        new Unit("meter", new DeviceSpec
        {
            Protocol = DeviceProtocol.Mqtt,
            Connection = new DeviceConnection { Url = "mqtt://10.0.0.7:1883", Seed = 7 },
            Properties =
            [
                new DeviceProperty
                {
                    Name = "level",
                    Type = DeviceValueType.UInt16,
                    Mask = 0x0ff0,
                    Shift = 4,
                    Base = 10,
                    Register = new ModbusRegister(ModbusTable.Input, 7) { ByteSwap = true, Bit = 3, Registers = 2 },
                    Desired = new DesiredValue(new DeviceValue.Number(1)) { OnRollback = new OnRollback { Value = new DeviceValue.Number(2) } },
                },
            ],
        }),
    ]);

    private static ContainerGroupSpec Group() => new()
    {
        Init = [new ContainerSpec("migrate") { Image = Image("migrate"), Command = ["/migrate"], Restart = RestartPolicy.OnFailure }],
        Containers =
        [
            new ContainerSpec("web")
            {
                Image = Image("web"),
                Entrypoint = ["/entry"],
                Command = ["serve"],
                Env = [new EnvironmentVariable("PASSWORD", [new ContentPart.Secret("db", "password", Digest.Of("version"u8), "/etc/secrets/db/password")])],
                WorkingDirectory = "/srv",
                User = "1000:1000",
                Groups = [20],
                Ports = [new ContainerPort(53) { Protocol = PortProtocol.Udp, HostPort = 5353, HostAddress = "127.0.0.1" }],
                Mounts = [new ContainerMount("data", "/data") { SubPath = "web", ReadOnly = true }],
                Resources = new ResourceLimits { CpuMillis = 500, MemoryBytes = 64 << 20, Pids = 100 },
                Security = new ContainerSecurity
                {
                    Privileged = true,
                    ReadOnlyRootFilesystem = true,
                    NoNewPrivileges = true,
                    NonRoot = true,
                    AddCapabilities = ["NET_BIND_SERVICE"],
                    DropCapabilities = ["ALL"],
                    SeccompUnconfined = true,
                    Devices = ["/dev/ttyUSB0"],
                },
                Restart = RestartPolicy.Never,
                Backoff = new RestartBackoff(500, 30_000),
                StopSignal = "SIGQUIT",
                StopGraceMs = 5_000,
                Log = new LogBound(10 << 20, 5),
                Startup = new ContainerProbe { TcpPort = 8080, FailureThreshold = 30 },
                Liveness = new ContainerProbe { Http = new ContainerHttpProbe(8443, "/healthz") { Https = true }, InitialDelayMs = 3_000, SuccessThreshold = 2 },
                Readiness = new ContainerProbe { Exec = new ExecProbe(["/ready"]), PeriodMs = 2_000, TimeoutMs = 500 },
                DependsOn = [new ContainerDependency("db", ContainerCondition.Healthy)],
                Labels = [new ContainerLabel("tier", "front")],
            },
            new ContainerSpec("db") { Image = Image("db") },
        ],
        Volumes =
        [
            new GroupVolume("conf") { Files = [new UnitFile("app.conf", [new ContentPart.Text("a=b\n")]) { Mode = "0600" }] },
            new GroupVolume("data") { Unit = "data" },
            new GroupVolume("tmp") { Scratch = new ScratchVolume { LimitBytes = 1 << 20, InMemory = true } },
            new GroupVolume("udev") { Host = new HostVolume("/run/udev") { Kind = HostPathKind.Directory } },
        ],
        Hostname = "shop",
        HostAliases = [new HostAlias("10.0.0.7", ["plc"])],
        HostNetwork = true,
        HostPid = true,
    };

    private static string Image(string name) => $"registry.example/{name}@{Digest.Of(System.Text.Encoding.UTF8.GetBytes(name))}";
}
