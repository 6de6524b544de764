using System.Runtime.CompilerServices;
using GitOps.Manifests.EdgeX;
using GitOps.Manifests.KubeEdge;
using GitOps.TestKit;

namespace GitOps.Manifests.Tests.Foreign;

/// <summary>One short file of EdgeX or KubeEdge per finding in <c>inputs/</c>, and what people are told about it.</summary>
public sealed class ForeignFindingTests
{
    private const string Profile = """
        name: Pump
        deviceResources:
          - {name: a, attributes: {primaryTable: COILS, startingAddress: 1}, properties: {valueType: Bool, readWrite: R, assertion: "true"}}
          - {name: b, properties: {valueType: Binary, readWrite: R, mediaType: image/jpeg}}
        """;

    private const string Devices = """
        deviceList:
          - {name: D, serviceName: s1, profileName: Pmp, protocols: {modbus-tcp: {Address: h, Port: 502, UnitID: 1, Timeout: 5}}}
          - {name: E, serviceName: s1, profileName: Pump, protocols: {modbus-tcp: {Address: h, Port: 502, UnitID: 1, Timeout: 5}}, autoEvents: [{interval: 1s, sourceName: aa, onChange: true}]}
          - {name: F, serviceName: s1, profileName: Pump, protocols: {opcua: {Endpoint: "opc.tcp://h"}}}
          - {name: G, serviceName: s2, profileName: Pump, protocols: {mqtt: {CommandTopic: t}}}
        """;

    public static TheoryData<string> Inputs { get; } =
        [.. Directory.EnumerateFiles(Folder()).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Inputs))]
    public void People_are_told(string input)
    {
        var findings = ManifestParser.Parse(Fleets.With("# beside it", (input, File.ReadAllText(Path.Combine(Folder(), input))))).Findings;

        Assert.Contains(findings, finding => finding.Code.Id == input[..6]);
        Golden.Verify($"findings/foreign/{Path.GetFileNameWithoutExtension(input)}.txt", findings.ToText());
    }

    [Fact]
    public void People_are_told_what_a_fleet_lacks_for_foreign_devices()
    {
        var findings = ManifestParser.Parse(Fleets.With(Import("one", "from: [./edgex], services: [s1]") + "\n---\n" +
            Import("two", "from: [./edgex/devices.yaml], devices: [E]") + "\n---\n" + Import("none", "from: [./elsewhere]"),
            ("edgex/profile.yaml", Profile), ("edgex/devices.yaml", Devices))).Findings;

        Golden.Verify("findings/foreign/EDX030-fleet.txt", findings.ToText());
    }

    [Fact]
    public void Devices_that_an_import_speaks_of_are_its_own()
    {
        const string kubeEdge = """
            apiVersion: devices.kubeedge.io/v1beta1
            kind: Device
            metadata: {name: meter-1}
            spec: {deviceModelRef: {name: meter}, nodeName: n1, protocol: {protocolName: opcua}, properties: []}
            ---
            apiVersion: devices.kubeedge.io/v1beta1
            kind: DeviceModel
            metadata: {name: meter}
            spec: {protocol: opcua, properties: []}
            """;
        var import = Import("one", "from: [./edgex, ./kubeedge], desired: {Oven1: {a: 1}, meter-1: {b: 1}}, upstream: {\"*\": {a: {every: 1m}}, Quite Another: {a: {every: 1m}}}");
        var findings = ManifestParser.Parse(Fleets.With(import + "\n---\n" + Import("two", "from: [./edgex], devices: [Oven 2, Oven 3]"),
            ("edgex/profile.yaml", Profile), ("kubeedge/meter.yaml", kubeEdge),
            ("edgex/devices.yaml", "- {name: Oven 1, serviceName: s1, profileName: Pump, protocols: {modbus-tcp: {Address: h, Port: 502, UnitID: 1, Timeout: 5}}}\n" +
                "- {name: Oven 2, serviceName: s1, profileName: Pump, protocols: {modbus-tcp: {Address: h, Port: 502, UnitID: 2, Timeout: 5}}}\n"))).Findings;

        Golden.Verify("findings/foreign/EDX040-names.txt", findings.Where(finding => finding.Code == EdgeXCodes.UnknownName).ToText());
    }

    [Theory]
    [InlineData("kind: Device\nmetadata:c:\n  protocol: {name: d}\nspec:\n")]
    [InlineData("kind: Device\nspec: {}\n")]
    [InlineData("kind: DeviceModel\n")]
    public void What_a_device_of_KubeEdge_lacks_is_said_at_its_document(string rest)
    {
        var text = "\napiVersion: devices.kubeedge.io/v1beta1\n" + rest;
        var findings = ManifestParser.Parse(Fleets.With(Import("one", "from: [./d]"), ("d/input.yaml", text))).Findings;

        Assert.NotEmpty(findings);
        Assert.All(findings, finding => Assert.True(finding.Span.File is not null && finding.Span.Line > 0, finding.ToText()));
    }

    [Fact]
    public void Every_code_has_an_input_that_shows_it()
    {
        var goldens = string.Concat(Directory.EnumerateFiles(Path.Combine(Folder(), "..", "..", "goldens", "findings", "foreign")).Select(File.ReadAllText));

        Assert.All([.. EdgeXCodes.All, .. KubeEdgeCodes.All], code => Assert.Contains(code.Id + ":", goldens, StringComparison.Ordinal));
    }

    private static string Import(string name, string spec) => $$"""
        apiVersion: gitops.edge/v1
        kind: DeviceImport
        metadata: {name: {{name}}}
        spec: {node: n1, {{spec}}}
        """;

    private static string Folder([CallerFilePath] string testFile = "") => Path.Combine(Path.GetDirectoryName(testFile)!, "inputs");
}
