using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

/// <summary>One bundle with every unit kind of format 1; <see cref="GroupSamples"/> has what is not in it.</summary>
internal static class Samples
{
    public static Bundle Bundle { get; } = Bundle.Of(
    [
        new Unit("motd", new FileSpec
        {
            Path = "/etc/motd",
            Mode = "0640",
            Owner = "root",
            Group = "adm",
            Adopt = true,
            Restart = [UnitId.Parse("workload/web")],
            Content =
            [
                new ContentPart.Text("päss = "),
                new ContentPart.Secret("db", "password", Digest.Of("version"u8), "/etc/secrets/db/password"),
                new ContentPart.Blob(Digest.Of("blob"u8), 4096),
            ],
        }),
        new Unit("web", new WorkloadSpec
        {
            Process = new ProcessSpec
            {
                Command = ["./serve", "--port", "8080"],
                Files = [new UnitFile("serve", [new ContentPart.Text("#!/bin/sh\n")]) { Mode = "0755" }],
                Env = [new EnvironmentVariable("SITE", [new ContentPart.Text("berlin")])],
                WorkingDirectory = "/srv",
                User = "web",
                Restart = RestartPolicy.OnFailure,
                Ports = [8080],
                Resources = new ResourceLimits { CpuMillis = 250, MemoryBytes = 32 << 20, Pids = 20 },
            },
        })
        {
            Requires = [UnitId.Parse("clock/site"), UnitId.Parse("volume/data")],
            Probes =
            [
                new Probe("http") { Http = new HttpProbe("http://127.0.0.1:8080/") },
                new Probe("port") { Tcp = new TcpProbe("127.0.0.1", 8080), PeriodMs = 500 },
                new Probe("self") { Exec = new ExecProbe(["/bin/true"]) },
            ],
        },
        new Unit("data", new VolumeSpec
        {
            Path = "/srv/data",
            LimitBytes = 1 << 20,
            OnFull = OnFull.DropOldest,
            Retention = new Retention { MaxAgeMs = 86_400_000, MaxBytes = 1 << 19 },
            DeletionPolicy = DeletionPolicy.Delete,
        }),
        new Unit("site", new ClockSpec
        {
            Servers = [new TimeServer("ntp1.example") { Port = 1123, Prefer = true }, new TimeServer("ntp2.example") { Nts = true }],
            MaxErrorMs = 100,
        }),
        new Unit("plc-1", new DeviceSpec
        {
            Protocol = DeviceProtocol.ModbusTcp,
            Connection = new DeviceConnection { Host = "10.0.0.5", Port = 1502, UnitId = 3, TimeoutMs = 500 },
            Properties =
            [
                new DeviceProperty
                {
                    Name = "setpoint",
                    Type = DeviceValueType.Int16,
                    Access = DeviceAccess.ReadWrite,
                    Unit = "°C",
                    Scale = 0.1m,
                    Offset = -40,
                    Minimum = 0,
                    Maximum = 120.5m,
                    PollMs = 1000,
                    Register = new ModbusRegister(ModbusTable.Holding, 40) { WordSwap = true },
                    Desired = new DesiredValue(new DeviceValue.Number(70))
                    {
                        Apply = ApplyMode.Hold,
                        Tolerance = 0.05m,
                        ValidForMs = 60_000,
                        WriteWhen = new WriteInterlock("running", new DeviceValue.Boolean(false)),
                        OnRollback = new OnRollback { Action = RollbackAction.Previous },
                    },
                },
                new DeviceProperty { Name = "running", Type = DeviceValueType.Bool, Register = new ModbusRegister(ModbusTable.Coil, 1) },
                new DeviceProperty
                {
                    Name = "label",
                    Type = DeviceValueType.String,
                    Topic = new DeviceTopics { Read = "a/b", Write = "a/b/set" },
                    Simulate = new SimulatedSource { Initial = new DeviceValue.Text("1.5"), Noise = 0.5m },
                },
            ],
        }),
    ]);
}
