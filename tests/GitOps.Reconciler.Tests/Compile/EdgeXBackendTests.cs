using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Reconciler.Compile;
using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Compile;

/// <summary>Files of EdgeX that an EdgeX goes on with: one unit for all it is to hold, and one for each device that has values.</summary>
public sealed class EdgeXBackendTests
{
    private const string Profile = """
        name: Dryer
        manufacturer: "{{ not a template }}"
        labels: [dryer]
        deviceResources:
          - name: Set point
            isHidden: false
            attributes: {primaryTable: HOLDING_REGISTERS, startingAddress: 10.01, rawType: INT16}
            properties: {valueType: Float32, readWrite: RW, scale: 0.1, maximum: 90, units: "°C", defaultValue: 7, mask: 0x00FF}
          - {name: Picture, properties: {valueType: binary, readWrite: R, mediaType: image/jpeg}}
        """;

    private const string Devices = """
        deviceList:
          - name: Dryer 1
            serviceName: device-modbus
            profileName: Dryer
            operatingState: DOWN
            protocols: {modbus-rtu: {Address: /dev/ttyUSB0, UnitID: "1", Timeout: 5, IdleTimeout: 5}}
            autoEvents: [{interval: 1s, sourceName: Set point, onChange: true}]
          - {name: Camera, serviceName: device-usb, profileName: "", protocols: {USB: {Path: /dev/video0}}}
        """;

    private const string Watcher = """
        {"name": "find", "serviceName": "device-modbus", "adminState": "UNLOCKED", "identifiers": {"Address": ".*"},
         "discoveredDevice": {"profileName": "Dryer", "adminState": "UNLOCKED"}}
        """;

    [Fact]
    public void All_of_it_is_one_unit_and_devices_with_values_wait_for_it()
    {
        var compiled = Trees.Compiled(Tree("backend: edgex", "desired: {Dryer 1: {Set-point: 65.5}}"));
        var units = compiled.Nodes.Single().Bundle.Units;

        var edgeX = (EdgeXSpec)units.Single(unit => unit.Id == UnitId.Parse("edgex/hall")).Spec;
        var dryer = units.Single(unit => unit.Id == UnitId.Parse("device/dryer-1"));
        Golden.Verify("edgex/objects.json", TextOf(edgeX.Objects) + "\n");
        Assert.Equal(("http://127.0.0.1:59881", DeletionPolicy.Delete, false), (edgeX.Url, edgeX.DeletionPolicy, edgeX.Adopt));
        Assert.Equal([UnitId.Parse("edgex/hall")], dryer.Requires);
        Assert.Equal(2, units.Count); // a camera has no value to report
        var device = (DeviceSpec)dryer.Spec;
        Assert.Equal(("http://127.0.0.1:59882", "Dryer 1", DeviceProtocol.EdgeX), (device.Connection.Url, device.Connection.Device, device.Protocol));
        var property = device.Properties.Single();
        Assert.Equal(("Set-point", "Set point", 30_000, (decimal?)null), (property.Name, property.Resource, property.PollMs, property.Scale));
        Assert.Equal(new DeviceValue.Number(65.5m), property.Desired!.Value);
    }

    [Fact]
    public void What_is_left_stays_out_and_a_service_is_filled_in()
    {
        var tree = Tree("backend: {edgex: {metadata: 'http://10.0.0.2:59881', service: device-modbus, adopt: true, deletionPolicy: Retain, drift: warn, suspend: {reason: inventory}}}", "leave: [USB, discovery]");
        tree[2] = Trees.File("edgex/devices.yaml", Devices.Replace("    serviceName: device-modbus\n", "", StringComparison.Ordinal));
        var unit = Trees.Compiled(tree).Nodes.Single().Bundle.Units.Single(unit => unit.Spec is EdgeXSpec);
        var spec = (EdgeXSpec)unit.Spec;
        var objects = TextOf(spec.Objects);

        Assert.Equal((true, DriftPolicy.Warn, "inventory"), (spec.Adopt, unit.Drift, unit.Suspend));
        Assert.Equal(("http://10.0.0.2:59881", DeletionPolicy.Retain), (spec.Url, spec.DeletionPolicy));
        Assert.Contains("\"serviceName\":\"device-modbus\"", objects, StringComparison.Ordinal);
        Assert.DoesNotContain("Camera", objects, StringComparison.Ordinal);
        Assert.DoesNotContain("find", objects, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secured_EdgeX_is_sent_its_token_for_what_it_holds_and_for_values()
    {
        var tree = Tree("backend: {edgex: {metadata: 'https://10.0.0.2:59881', token: jwt}}", "prefix: a");
        tree.Add(Trees.File("secret.yaml", Trees.Resource("Secret", "jwt", "placement: {nodes: [n1]}\nage: jwt.age")));
        tree.Add(Trees.File("jwt.age", "age-encryption.org/v1\n"));
        var units = Trees.Compiled(tree).Nodes.Single().Bundle.Units;

        var header = ((EdgeXSpec)units.Single(unit => unit.Spec is EdgeXSpec).Spec).Headers.Single();
        Assert.Equal([header], ((DeviceSpec)units.Single(unit => unit.Spec is DeviceSpec).Spec).Connection.Headers);
        Assert.True(header is { Name: "Authorization", Value: [ContentPart.Text("Bearer "), ContentPart.Secret { Name: "jwt" }] }, $"{header}");
    }

    [Fact]
    public void A_device_without_a_service_and_a_name_that_is_there_twice_are_said()
    {
        var tree = Tree("backend: edgex", "prefix: a");
        tree[2] = Trees.File("edgex/devices.yaml", Devices.Replace("    serviceName: device-modbus\n", "", StringComparison.Ordinal));
        tree.Add(Trees.File("edgex/again.yaml", Profile.Replace("labels: [dryer]", "labels: [other]", StringComparison.Ordinal)));

        var findings = ((CompileResult.Rejected)FleetCompiler.Compile(tree)).Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Code.Id);

        Assert.Equal(["EDX002", "EDX019"], findings.Order());
    }

    private static List<SourceFile> Tree(string backend, string more) =>
    [
        .. Trees.OneNode(Trees.Resource("DeviceImport", "hall", $"node: n1\nfrom: [./edgex]\n{backend}\n{more}")),
        Trees.File("edgex/profile.yaml", Profile), Trees.File("edgex/devices.yaml", Devices), Trees.File("edgex/watcher.json", Watcher),
    ];

    private static string TextOf(EquatableArray<ContentPart> content) => ((ContentPart.Text)content.Single()).Value;
}
