using System.Globalization;
using System.Text;
using GitOps.Benchmarks.Agent;
using GitOps.Manifests;

namespace GitOps.Benchmarks.Devices;

/// <summary>Modbus devices of ten holding registers, read each second, each with a line of its own: another address of the loopback network.</summary>
/// <param name="Port">Where all of them are served.</param>
internal sealed record PlcFleet(int Count, int Port)
{
    public const int Registers = 10;

    /// <summary>The property of the first device that later commits desire.</summary>
    public const string Written = "p0";

    public IEnumerable<SourceFile> Files()
    {
        yield return File("plcs/model.yaml", "apiVersion: gitops.edge/v1\nkind: DeviceModel\nmetadata: {name: plc}\nspec:\n  protocol: modbus-tcp\n  properties:\n" +
            string.Concat(Enumerable.Range(0, Registers).Select(i => Text($"    - {{name: p{i}, type: uint16, access: rw, poll: 1s, register: {{table: holding, address: {i}}}}}\n"))));
        for (var i = 0; i < Count; i++)
        {
            yield return Device(i, Port, "");
        }
    }

    /// <summary>A later commit: the first device is to have another value.</summary>
    public SourceFile Desired(int commit) => Device(0, Port, Text($"\n  desired: {{{Written}: {ValueOf(commit)}}}"));

    public static int ValueOf(int commit) => 1_000 + commit;

    public static string Address(int device) => Text($"127.1.{device / 200}.{1 + (device % 200)}");

    private static SourceFile Device(int number, int port, string more) => File(Text($"plcs/{number:0000}.yaml"),
        Text($"apiVersion: gitops.edge/v1\nkind: Device\nmetadata: {{name: plc-{number:0000}}}\nspec:\n  node: {AgentFleet.Node}\n  model: plc\n") +
        Text($"  connection: {{host: {Address(number)}, port: {port}, unitId: 1, timeout: 900ms}}{more}\n"));

    private static SourceFile File(string path, string content) => new(path, Encoding.UTF8.GetBytes(content));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
