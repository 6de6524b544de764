using System.Diagnostics;
using GitOps.Agent.Host.Devices;
using GitOps.Agent.Host.Devices.Mappers;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Host.Tests;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.Dmi.Tests;

/// <summary>The agent's part for devices, gitops-dmi and a mapper with its device, each a process that can be killed.</summary>
internal sealed class MapperRig : IAsyncDisposable
{
    private readonly TempDirectory _folder = new();
    private readonly bool _startsByNeed;
    private Process? _gateway;
    private Process? _mapper;

    /// <param name="startsByNeed">The agent starts gitops-dmi, which ends soon after it is asked nothing any more.</param>
    /// <param name="revive">Seconds until a device that nothing is heard of is given to its mapper again.</param>
    public MapperRig(bool startsByNeed = false, string revive = "60")
    {
        (_startsByNeed, Revive) = (startsByNeed, revive);
        Directory.CreateDirectory(World);
        (Driver, Runner) = StartAgent();
    }

    public string World => $"{_folder.Path}/world";

    public string Control => $"{_folder.Path}/control/dmi.sock";

    public string Listen => $"{_folder.Path}/kubeedge/dmi.sock";

    public DeviceDriver Driver { get; private set; }

    public UnitRunner Runner { get; private set; }

    /// <summary>What happened to the device, without what it is asked all the time.</summary>
    public string[] Log => File.Exists($"{World}/log") ? File.ReadAllLines($"{World}/log") : [];

    private string Revive { get; }

    public static Unit Oven(string name = "oven-1", DesiredValue? setpoint = null, string address = "setpoint") => new(name, new DeviceSpec
    {
        Protocol = DeviceProtocol.Mapper,
        Connection = new DeviceConnection
        {
            Mapper = new MapperConnection("test") { Config = [new MapperSetting("port", [new ContentPart.Text("4840")]) { Type = MapperTypes.Integer }] },
        },
        Properties =
        [
            Property("setpoint", address) with { Access = DeviceAccess.ReadWrite, Desired = setpoint },
            Property("temperature", "temperature"),
        ],
    });

    public static DeviceProperty Property(string name, string address) => new()
    {
        Name = name,
        Type = DeviceValueType.Float64,
        PollMs = 100,
        Visitor = [new MapperSetting("address", [new ContentPart.Text(address)])],
    };

    public static DesiredValue Desired(decimal value, ApplyMode apply = ApplyMode.Once) => new(new DeviceValue.Number(value)) { Apply = apply };

    /// <summary>As the device would by itself, or by somebody at its panel.</summary>
    public void Set(string name, string value)
    {
        File.WriteAllText($"{World}/{name}.set", value);
        File.Move($"{World}/{name}.set", $"{World}/{name}", overwrite: true);
    }

    /// <summary>Takes away what was set.</summary>
    public void Unset(string name) => File.Delete($"{World}/{name}");

    public int Count(string line) => Log.Count(l => l == line);

    public DeviceReport Report(string device = "oven-1") => Driver.Contribute(new NodeReport
    {
        Fleet = "f",
        Node = "n",
        BootId = "b",
        Sequence = 1,
        Time = DateTimeOffset.UnixEpoch,
        Agent = new AgentVersion("0", 1),
        Phase = NodePhase.Converged,
    }).Devices.Single(d => d.Name == device);

    public PropertyReport Report(string device, string property) => Report(device).Properties.Single(p => p.Name == property);

    public Task SaysAsync(string property, decimal value, string device = "oven-1") => Eventually.BecomesTrue(
        () => Report(device, property) is { Quality: ValueQuality.Good, Reported: DeviceValue.Number(var number) } && number == value && Report(device).Online,
        TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken, $"{property} is {value}");

    public void StartGateway() => _gateway = Start(Built("edge-agent/GitOps.Dmi", "gitops-dmi"), GatewayArguments("0"));

    public void KillGateway() => Kill(ref _gateway);

    public void StartMapper() => _mapper = Start(Built("tests/GitOps.TestMapper", "gitops-test-mapper"), ["test", $"{_folder.Path}/mapper.sock", Listen, World]);

    public void KillMapper() => Kill(ref _mapper);

    public async Task RestartAgentAsync()
    {
        await Driver.DisposeAsync();
        (Driver, Runner) = StartAgent();
    }

    public async ValueTask DisposeAsync()
    {
        await Driver.DisposeAsync();
        Kill(ref _mapper);
        Kill(ref _gateway);
        if (_startsByNeed)
        {
            await Eventually.BecomesTrue(() => !TestWorld.IsServed(Control), TimeSpan.FromSeconds(60));
        }

        _folder.Dispose();
    }

    private static string Built(string project, string program)
    {
        var path = Path.GetFullPath($"../../../../../{project}/bin/Release/net10.0/{program}", AppContext.BaseDirectory);
        return File.Exists(path) ? path : path.Replace("/Release/", "/Debug/", StringComparison.Ordinal);
    }

    private static Process Start(string program, IEnumerable<string> arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.BeginOutputReadLine(); // what they say is for people
        process.BeginErrorReadLine();
        return process;
    }

    private static void Kill(ref Process? process)
    {
        if (process is { } running)
        {
            running.Kill();
            running.WaitForExit();
            running.Dispose();
        }

        process = null;
    }

    private string[] GatewayArguments(string idle) =>
        ["--control", Control, "--state", $"{_folder.Path}/mappers", "--listen", Listen, "--idle", idle, "--revive", Revive];

    private (DeviceDriver Driver, UnitRunner Runner) StartAgent()
    {
        var contents = new ContentResolver(DiskFileLayer.Host, new LocalBlobs(DiskFileLayer.Host, "/nonexistent"));
        var choice = new GatewayChoice(Control, _startsByNeed ? [Built("edge-agent/GitOps.Dmi", "gitops-dmi"), .. GatewayArguments("2")] : []);
        var (kind, driver) = DeviceUnits.Create(
            DiskFileLayer.Host, $"{_folder.Path}/state", new FixedTrust(true), TimeProvider.System, new Random(7), contents.Resolve, mappers: choice);
        return (driver, new UnitRunner(kind));
    }
}
