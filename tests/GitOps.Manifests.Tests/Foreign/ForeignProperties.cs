using System.Text;
using CsCheck;
using GitOps.Manifests.EdgeX;
using GitOps.Manifests.KubeEdge;

namespace GitOps.Manifests.Tests.Foreign;

public sealed class ForeignProperties
{
    private static readonly (string Path, string Text)[] Seeds =
    [
        ("p.yaml", """
            name: P
            labels: [a]
            deviceResources:
              - {name: a, isHidden: false, attributes: {primaryTable: HOLDING_REGISTERS, startingAddress: "3.1"}, properties: {valueType: Bool, readWrite: RW, minimum: "0", maximum: 1e3, mask: 0xFF, shift: -1, scale: 0.1, base: 2, defaultValue: true}}
              - &b {name: b, properties: {value: {type: Float, size: "8", readWrite: W}, units: {defaultValue: C}}}
            deviceCommands:
              - {name: c, readWrite: RW, resourceOperations: [{deviceResource: a, defaultValue: 1, mappings: {"1": ON}}]}
              - {name: d, get: [{deviceResource: a}], set: [{object: b, parameter: "1"}]}
            """),
        ("d.yaml", """
            deviceList:
              - {name: D 1, profileName: P, protocols: {modbus-tcp: {Address: h, Port: "502", UnitID: 1, Timeout: 500ms}}, autoEvents: [{interval: 1h1.5s, sourceName: "[ab]", onChange: true}]}
              - {name: E, profileName: P, protocols: {device-virtual-protocol: {Address: v}}, autoEvents: [{interval: 2d, sourceName: c}]}
            """),
        ("d.json", """[{"apiVersion":"v3","requestId":"","device":{"name":"F","serviceName":"s","profileName":"P","adminState":"LOCKED","operatingState":"UP","protocols":{"mqtt":{"CommandTopic":"t"}}}}]"""),
        ("d.toml", "[[DeviceList]]\nName = \"G\"\nProfile = \"P\"\n[DeviceList.Protocols.modbus-tcp]\nAddress = 'h'\nPort = 1_502\n[[DeviceList.AutoEvents]]\nFrequency = \"1s\"\nResource = \"a\"\n"),
        ("w.json", """{"name":"W","serviceName":"s","identifiers":{"a":"b"},"profileName":"P","adminState":"UNLOCKED"}"""),
        ("k.yaml", """
            apiVersion: devices.kubeedge.io/v1beta1
            kind: DeviceModel
            metadata: {name: m}
            spec: {properties: [{name: a, type: FLOAT, accessMode: ReadWrite, minimum: "1", maximum: "9"}]}
            ---
            apiVersion: devices.kubeedge.io/v1beta1
            kind: Device
            metadata: {name: d}
            spec:
              deviceModelRef: {name: m}
              nodeName: n1
              protocol: {protocolName: modbus, configData: {ip: h, slaveID: 1}}
              properties: [{name: a, collectCycle: 10000000000, desired: {value: "5"}, visitors: {configData: {register: HoldingRegister, offset: 1, limit: 2, scale: 0.1, isSwap: true}}}]
            """),
        ("o.yaml", """
            apiVersion: devices.kubeedge.io/v1alpha2
            kind: Device
            metadata: {name: o}
            spec:
              deviceModelRef: {name: m}
              protocol: {customizedProtocol: {protocolName: x, configData: {a: 1}}, common: {tcp: {ip: h}}}
              nodeSelector: {nodeSelectorTerms: [{matchExpressions: [{key: "", operator: In, values: [n1]}]}]}
              propertyVisitors: [{propertyName: a, collectCycle: 5, customizedProtocol: {protocolName: x}}]
            status: {twins: [{propertyName: a, desired: {value: "1"}}]}
            """),
    ];

    private const string Import = """
        apiVersion: gitops.edge/v1
        kind: DeviceImport
        metadata: {name: all}
        spec: {node: n1, from: [.], leave: ["*", discovery], broker: "mqtt://h:1883"}
        """;

    // What people and other programs get wrong: pieces cut out, doubled, moved, and characters that mean something.
    private static readonly Gen<(string Path, string Text)> Damaged = Gen.Select(
        Gen.Int[0, Seeds.Length - 1], Gen.Select(Gen.Int[0, 5_000], Gen.Int[0, 40], Gen.Int[0, 5_000], Gen.OneOf<string>("", "{", "}", "[", "]", ":", "-", "\"", "~", "null", "0", "&b", "*b", "<<: *b", "\t", "\n", "é", "1e400", "-1")).Array[0, 3])
        .Select((seed, edits) => (Seeds[seed].Path, edits.Aggregate(Seeds[seed].Text, (text, edit) => Edit(text, edit.Item1, edit.Item2, edit.Item3, edit.Item4))));

    [Fact]
    public void Whatever_a_file_holds_reading_it_ends_in_findings_and_never_in_an_exception() =>
        Damaged.Sample(file =>
        {
            var source = Fleets.With(Import, [.. Seeds.Select(seed => seed.Path == file.Path ? file : seed)]);
            var parsed = ManifestParser.Parse(source);
            Assert.All(parsed.Findings, finding => Assert.False(string.IsNullOrEmpty(finding.Span.File), finding.ToText()));

            var bytes = new SourceFile(file.Path, Encoding.UTF8.GetBytes(file.Text));
            Assert.All(Enum.GetValues<EdgeXKind>(), kind => EdgeXVerdicts.Of(bytes, kind));
            KubeEdgeVerdicts.Of(bytes);
        }, iter: 400);

    [Fact]
    public void The_files_of_this_test_are_good_as_they_are() =>
        Assert.DoesNotContain(ManifestParser.Parse(Fleets.With(Import, Seeds)).Findings, finding => finding.Severity == Severity.Error);

    private static string Edit(string text, int at, int length, int to, string put)
    {
        if (text.Length == 0)
        {
            return put;
        }

        var from = at % text.Length;
        var piece = text.Substring(from, Math.Min(length, text.Length - from));
        var cut = text.Remove(from, piece.Length);
        return cut.Insert(to % (cut.Length + 1), to % 2 == 0 ? put : put + piece);
    }
}
