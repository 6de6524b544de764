using System.Net;
using GitOps.Agent.Host.Devices;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Sockets;
using GitOps.Simulation.Modbus;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Devices;

/// <summary>The agent's part for devices on a state directory of its own; a restart keeps the directory and nothing else.</summary>
internal sealed class DeviceRig : IAsyncDisposable
{
    private readonly TempDirectory _state = new();

    private readonly LocalValues? _local;
    private readonly TimeProvider _time;

    /// <param name="localBroker">Where local applications are told what devices say.</param>
    /// <param name="time">The agent's; the machine's otherwise.</param>
    public DeviceRig(Uri? localBroker = null, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _local = localBroker is null ? null : new LocalValues(localBroker, "n", _time, new Random(7));
        (Kind, Driver, Runner) = Start();
    }

    public IUnitKind Kind { get; private set; }

    public DeviceDriver Driver { get; private set; }

    public UnitRunner Runner { get; private set; }

    public static DeviceValue Number(decimal value) => new DeviceValue.Number(value);

    public static TcpServer Serve(ModbusPlc plc) => TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), 8, plc.ServeAsync);

    /// <summary>A boiler: its setpoint, its temperature and whether it heats.</summary>
    public static Unit Boiler(int port, DesiredValue? setpoint, int unitId = 1, string name = "plc-1") => Device(port, unitId, name,
        new DeviceProperty
        {
            Name = "heater",
            Type = DeviceValueType.Bool,
            PollMs = 20,
            Register = new ModbusRegister(ModbusTable.Coil, 0),
        },
        Setpoint(setpoint),
        new DeviceProperty
        {
            Name = "temperature",
            Type = DeviceValueType.Int16,
            Scale = 0.1m,
            PollMs = 20,
            Register = new ModbusRegister(ModbusTable.Input, 2),
        });

    public static DeviceProperty Setpoint(DesiredValue? desired) => new()
    {
        Name = "setpoint",
        Type = DeviceValueType.Float32,
        Access = DeviceAccess.ReadWrite,
        PollMs = 20,
        Register = new ModbusRegister(ModbusTable.Holding, 0),
        Desired = desired,
    };

    public static Unit Device(int port, int unitId, string name, params DeviceProperty[] properties) => new(name, new DeviceSpec
    {
        Protocol = DeviceProtocol.ModbusTcp,
        Connection = new DeviceConnection { Host = "127.0.0.1", Port = port, UnitId = unitId, TimeoutMs = 300 },
        Properties = properties.ToEquatableArray(),
    });

    public PropertyReport Report(string device, string property) => Reports().Single(d => d.Name == device).Properties.Single(p => p.Name == property);

    public EquatableArray<DeviceReport> Reports() => Driver.Contribute(new NodeReport
    {
        Fleet = "f",
        Node = "n",
        BootId = "b",
        Sequence = 1,
        Time = DateTimeOffset.UnixEpoch,
        Agent = new AgentVersion("0", 1),
        Phase = NodePhase.Converged,
    }).Devices;

    /// <summary>Turns until the unit is ready, restarting the agent now and then.</summary>
    /// <param name="restarts">Asked before each turn.</param>
    /// <param name="cuts">Done before each turn.</param>
    public Task DeliverAsync(Unit desired, Unit? owned, Func<bool> restarts, Action cuts, CancellationToken cancellationToken) =>
        Eventually.BecomesTrue(async () =>
        {
            cuts();
            if (restarts())
            {
                await RestartAsync();
            }

            return await Runner.TurnAsync(desired, owned, cancellationToken) is { Status: UnitStatus.Ready, Steps.IsEmpty: true };
        }, TimeSpan.FromSeconds(60), cancellationToken);

    public async Task RestartAsync()
    {
        await Driver.DisposeAsync();
        (Kind, Driver, Runner) = Start();
    }

    public async ValueTask DisposeAsync()
    {
        await Driver.DisposeAsync();
        if (_local is not null)
        {
            await _local.DisposeAsync();
        }

        _state.Dispose();
    }

    /// <summary>Contents as the agent fills them, of text and of files.</summary>
    private static (byte[]? Bytes, Problem? Missing) ReadSecrets(EquatableArray<ContentPart> content) =>
        new ContentResolver(DiskFileLayer.Host, new LocalBlobs(DiskFileLayer.Host, "/nonexistent")).Resolve(content);

    private (IUnitKind Kind, DeviceDriver Driver, UnitRunner Runner) Start()
    {
        var (kind, driver) = DeviceUnits.Create(DiskFileLayer.Host, _state.Path, new FixedTrust(true), _time, new Random(7), ReadSecrets, _local);
        return (kind, driver, new UnitRunner(kind));
    }
}
