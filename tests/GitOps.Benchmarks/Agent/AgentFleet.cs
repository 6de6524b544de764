using System.Globalization;
using System.Text;
using GitOps.Benchmarks.Devices;
using GitOps.Benchmarks.Fleets;
using GitOps.Manifests;

namespace GitOps.Benchmarks.Agent;

/// <summary>A fleet of one node with units of several kinds. Files go below the value <c>root</c>.</summary>
/// <param name="Files">Small ones, one of which each later commit changes.</param>
internal sealed record AgentFleet(int Files, int Processes = 0, int Volumes = 0, int Devices = 0)
{
    /// <summary>Modbus devices; null: none.</summary>
    public PlcFleet? Plcs { get; init; }

    /// <summary>The node's agent runs a chronyd, which steers nothing.</summary>
    public bool HasOwnChrony { get; init; }

    /// <summary>The port of a time server on loopback that the node follows; null: it follows none.</summary>
    public int? TimePort { get; init; }

    /// <summary>The URL of a WebDAV collection that a sync pulls when it is asked to; null: there is no sync.</summary>
    public string? PullFrom { get; init; }

    /// <summary>The sync, its volume and the folder of that.</summary>
    public const string Pulled = "pulled";

    /// <summary>The file that later commits change.</summary>
    public const string Changing = "file-000";

    public static string Node { get; } = GeneratedFleet.NodeName(0);

    public int Units => Files + Processes + Volumes + Devices;

    public IEnumerable<SourceFile> First(string root)
    {
        yield return File("fleet.yaml", FleetTexts.Fleet(GeneratedFleet.Uid));
        yield return File("node.yaml", $"""
            apiVersion: gitops.edge/v1
            kind: EdgeNode
            metadata:
              name: {Node}
            spec:
              values:
                root: "{root}"

            """);
        for (var i = 0; i < Files; i++)
        {
            yield return File(Text($"files/{i:000}.yaml"), Document("ConfigFile", Text($"file-{i:000}"), $$$"""
                placement: {all: true}
                  path: "{{ values.root }}/{{{Text($"file-{i:000}")}}}"
                  source: {{{Text($"{i:000}")}}}.txt
                """));
            yield return i == 0 ? Content(0) : File(Text($"files/{i:000}.txt"), Text($"setting = {i}\n"));
        }

        for (var i = 0; i < Processes; i++)
        {
            yield return File(Text($"processes/{i:000}.yaml"), Document("Workload", Text($"process-{i:000}"), """
                placement: {all: true}
                  process:
                    command: [/usr/bin/sleep, infinity]
                """));
        }

        for (var i = 0; i < Volumes; i++)
        {
            yield return File(Text($"volumes/{i:000}.yaml"), Document("Volume", Text($"volume-{i:000}"), $$$"""
                placement: {all: true}
                  path: "{{ values.root }}/{{{Text($"volume-{i:000}")}}}"
                  size: 10Mi
                """));
        }

        foreach (var file in Plcs?.Files() ?? [])
        {
            yield return file;
        }

        if (TimePort is { } port)
        {
            yield return Follow(port);
        }

        if (PullFrom is not null)
        {
            yield return File("pulled/volume.yaml", Document("Volume", Pulled, $$$"""
                placement: {all: true}
                  path: "{{ values.root }}/{{{Pulled}}}"
                """));
            yield return File("pulled/sync.yaml", Document("VolumeSync", Pulled, $$$"""
                placement: {all: true}
                  volume: {{{Pulled}}}
                  folder: {{{Pulled}}}
                  mode: pull
                  remote: {webdav: {url: "{{{PullFrom}}}"}}
                  every: 1d
                """));
        }

        if (Devices > 0)
        {
            yield return File("devices/model.yaml", Document("DeviceModel", "gauge", """
                protocol: simulated
                  properties:
                    - {name: pressure, type: float32, simulate: {initial: 4.2}, poll: 1s}
                    - {name: setpoint, type: float32, access: rw, simulate: {initial: 20}, poll: 1s}
                """));
        }

        for (var i = 0; i < Devices; i++)
        {
            yield return File(Text($"devices/{i:000}.yaml"), Document("Device", Text($"gauge-{i:000}"), $$$"""
                node: {{{Node}}}
                  model: gauge
                  desired: {setpoint: {value: 70, apply: hold}}
                """));
        }
    }

    /// <summary>The node follows a time server on loopback.</summary>
    public static SourceFile Follow(int port) => File("clock.yaml", Document("TimeSync", "clock", Text($$"""
        placement: {all: true}
          servers: [{address: 127.0.0.1, port: {{port}}, near: true}]
          maxError: 5s
        """)));

    /// <summary>The file that is changed, as a later commit has it.</summary>
    public static SourceFile Content(int number) => File("files/000.txt", Said(number));

    /// <summary>What then is on the node.</summary>
    public static string Said(int number) => Text($"content number {number}\n");

    private static string Document(string kind, string name, string spec) => $"""
        apiVersion: gitops.edge/v1
        kind: {kind}
        metadata:
          name: {name}
        spec:
          {spec}

        """;

    private static SourceFile File(string path, string content) => new(path, Encoding.UTF8.GetBytes(content));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
