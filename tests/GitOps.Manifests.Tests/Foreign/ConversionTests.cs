using System.Runtime.CompilerServices;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;
using GitOps.TestKit;

namespace GitOps.Manifests.Tests.Foreign;

/// <summary>What is converted is what is imported, and validates.</summary>
public sealed class ConversionTests
{
    private static readonly IReadOnlyList<SourceFile> Example =
    [
        .. Directory.EnumerateFiles(Folder(), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(Path.GetRelativePath(Folder(), path), File.ReadAllBytes(path))),
    ];

    private static IEnumerable<SourceFile> Foreign => Example.Where(file => file.Path.Contains('/', StringComparison.Ordinal));

    [Fact]
    public void A_brownfield_reads_like_this_in_our_language()
    {
        var conversion = ForeignConversion.Convert([.. Foreign], "gateway-1", "mqtt://10.20.0.5:1883");

        Golden.Verify("foreign/brownfield.yaml", string.Concat(conversion.Resources.Select(resource => "---\n" + ForeignConversion.ToYaml(resource))));
    }

    [Fact]
    public void A_device_of_a_protocol_that_is_not_spoken_here_goes_to_its_mapper()
    {
        var file = new SourceFile("press.yaml", System.Text.Encoding.UTF8.GetBytes("""
            apiVersion: devices.kubeedge.io/v1alpha2
            kind: DeviceModel
            metadata: {name: press}
            spec:
              properties:
                - {name: force, type: {double: {accessMode: ReadWrite, minimum: 0, maximum: 200, unit: kN}}}
                - {name: running, type: {boolean: {accessMode: ReadOnly}}}
            ---
            apiVersion: devices.kubeedge.io/v1alpha2
            kind: Device
            metadata: {name: press-1}
            spec:
              deviceModelRef: {name: press}
              nodeSelector: {nodeSelectorTerms: [{matchExpressions: [{key: "", operator: In, values: [gateway-1]}]}]}
              protocol:
                opcua: {url: "opc.tcp://10.20.0.8:4840", userName: line, securityMode: None, timeout: 30}
                common: {customizedValues: {lazy: true}}
              propertyVisitors:
                - {propertyName: force, collectCycle: 500, opcua: {nodeID: "ns=2;i=4", browseName: force}}
                - {propertyName: running, opcua: {nodeID: "ns=2;i=5"}}
            status: {twins: [{propertyName: force, desired: {value: "120.5"}}]}
            """));

        var conversion = ForeignConversion.Convert([file], "gateway-1", null);

        Golden.Verify("foreign/mapper.yaml", string.Concat(conversion.Resources.Select(resource => "---\n" + ForeignConversion.ToYaml(resource))));
    }

    [Fact]
    public void Serial_lines_are_taken_as_they_are_written_for_EdgeX_and_for_KubeEdge()
    {
        var profile = new SourceFile("meter.yaml", System.Text.Encoding.UTF8.GetBytes("""
            name: Meter
            deviceResources:
              - name: Power
                properties: {valueType: Float32, readWrite: R, units: W}
                attributes: {primaryTable: INPUT_REGISTERS, startingAddress: 12}
            """));
        var edgeX = new SourceFile("meters.yaml", System.Text.Encoding.UTF8.GetBytes("""
            deviceList:
              - name: Hall-3
                serviceName: device-modbus
                profileName: Meter
                protocols: {modbus-rtu: {Address: /dev/ttyUSB0, UnitID: 17, BaudRate: 9600, DataBits: 8, StopBits: 1, Parity: N, Timeout: 1, IdleTimeout: 5}}
            """));
        var kubeEdge = new SourceFile("pump.yaml", System.Text.Encoding.UTF8.GetBytes("""
            apiVersion: devices.kubeedge.io/v1beta1
            kind: DeviceModel
            metadata: {name: pump, namespace: default}
            spec:
              protocol: modbus
              properties:
                - {name: speed, type: INT, accessMode: ReadWrite}
            ---
            apiVersion: devices.kubeedge.io/v1beta1
            kind: Device
            metadata: {name: pump-1, namespace: default}
            spec:
              deviceModelRef: {name: pump}
              nodeName: gateway-1
              protocol:
                protocolName: modbus
                configData: {communicateMode: RTU, serialPort: /dev/ttyS1, baudRate: 115200, dataBits: 7, parity: even, stopBits: 1, slaveID: 4}
              properties:
                - name: speed
                  collectCycle: 1000
                  visitors: {protocolName: modbus, configData: {register: HoldingRegister, offset: 2, limit: 1}}
            """));

        var conversion = ForeignConversion.Convert([profile, edgeX, kubeEdge], "gateway-1", null);

        Golden.Verify("foreign/serial.yaml", string.Concat(conversion.Resources.Select(resource => "---\n" + ForeignConversion.ToYaml(resource))) +
            "\n" + conversion.Findings.ToText());
    }

    [Fact]
    public void What_is_converted_validates_and_says_what_is_imported()
    {
        var conversion = ForeignConversion.Convert([.. Foreign], "gateway-1", "mqtt://10.20.0.5:1883");
        var texts = conversion.Resources.Select((resource, i) => ($"r{i}.yaml", ForeignConversion.ToYaml(resource)));
        var nodes = Example.Single(file => file.Path == "fleet.yaml");

        var converted = ManifestParser.Parse(new FleetSource(Fleets.Of([.. texts]).Files.Append(nodes)));
        var imported = ManifestParser.Parse(new FleetSource(Example));

        Assert.Equal("", converted.Findings.ToText());
        Assert.Equal(imported.Manifest.Devices.Names, converted.Manifest.Devices.Names);
        Assert.All(imported.Manifest.Devices, device => Assert.Equal(Model(imported, device), Model(converted, converted.Manifest.Devices.Single(d => d.Name == device.Name))));
    }

    private static DeviceModelSpec Model(ParsedFleet fleet, Resource<DeviceSpec> device) =>
        fleet.Manifest.DeviceModels.TryGet(device.Spec.Model, out var model) ? model.Spec : throw new InvalidOperationException(device.Spec.Model);

    private static string Folder([CallerFilePath] string testFile = "") => Path.Combine(Path.GetDirectoryName(testFile)!, "../../../examples/brownfield");
}
