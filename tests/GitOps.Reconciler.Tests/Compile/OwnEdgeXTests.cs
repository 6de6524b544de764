using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Manifests.State;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Provenance;
using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Compile;

/// <summary>Devices and models of ours that an EdgeX speaks with: what it is told, and what is left for the agent.</summary>
public sealed class OwnEdgeXTests
{
    private const string Model = """
        protocol: modbus-tcp
        properties:
          - {name: Setpoint, type: int16, access: rw, unit: "°C", scale: 0.1, minimum: 0, maximum: 90, poll: 2s, register: {table: holding, address: 3}}
          - {name: Power, type: uint32, poll: 1m, register: {table: input, address: 10, wordSwap: true}}
          - {name: Mode, type: uint16, access: rw, poll: 0s, register: {table: holding, address: 7}}
          - {name: Door, type: bool, register: {table: input, address: 9, bit: 10}}
          - {name: Serial, type: string, poll: 0s, register: {table: holding, address: 100, registers: 8}}
        commands:
          - {name: Program, access: rw, operations: [{property: Mode, mappings: {"0": off, "1": gentle}}]}
        alarms: [{name: hot, property: Setpoint, equals: 0.3}]
        """;

    [Fact]
    public void An_EdgeX_is_told_of_them_in_one_unit_and_the_agent_speaks_with_it_instead()
    {
        var units = Compiled("backend: edgex\ndesired: {Setpoint: {value: 65.5}, Program: gentle}\npoll: {Power: 5s}");

        var edgeX = (EdgeXSpec)units.Single(unit => unit.Id == UnitId.Parse("edgex/n1-edgex")).Spec;
        Golden.Verify("edgex/own.json", TextOf(edgeX.Objects) + "\n");
        Assert.Equal(("http://127.0.0.1:59881", DeletionPolicy.Delete, false), (edgeX.Url, edgeX.DeletionPolicy, edgeX.Adopt));
        Assert.Equal(["modbus-tcp 10.20.0.5:502 unit 3 holding 3", "modbus-tcp 10.20.0.5:502 unit 3 holding 7"], edgeX.Writes);

        var unit = units.Single(unit => unit.Id == UnitId.Parse("device/dryer-1"));
        var device = (DeviceSpec)unit.Spec;
        Assert.Equal([UnitId.Parse("edgex/n1-edgex")], unit.Requires);
        Assert.Equal(new DeviceConnection { Url = "http://127.0.0.1:59882", Device = "dryer-1", TimeoutMs = 10_000 }, device.Connection);
        Assert.Equal(DeviceProtocol.EdgeX, device.Protocol);
        Assert.Equal(
            new DeviceProperty
            {
                Name = "Setpoint",
                Type = DeviceValueType.Float32,
                Access = DeviceAccess.ReadWrite,
                Unit = "°C",
                Minimum = 0,
                Maximum = 90,
                PollMs = 30_000,
                Desired = new DesiredValue(new DeviceValue.Number(65.5m)),
            },
            device.Properties.Single(property => property.Name == "Setpoint"));
        Assert.Equal((30_000, (int?)null), (device.Properties.Single(property => property.Name == "Power").PollMs, device.Properties.Single(property => property.Name == "Mode").PollMs));
        Assert.Equal(new DeviceValue.Number(1), device.Properties.Single(property => property.Name == "Mode").Desired!.Value);
        Assert.Equal(new DeviceValue.Number(0.3m), device.Alarms.Single().EqualTo);
    }

    [Fact]
    public void Names_of_EdgeX_stay_and_devices_of_other_addresses_are_another_unit()
    {
        var units = Compiled(
            "backend: {edgex: {metadata: 'https://10.0.0.2:59881', command: 'https://10.0.0.2:59882', service: modbus-2, token: jwt, drift: warn, suspend: {reason: audit}}}\n" +
            "foreign: {system: edgex, name: Dryer 1}",
            "foreign: {system: edgex, name: Dryer, names: {Door: Main door}}\n", Trees.Resource("Secret", "jwt", "placement: {nodes: [n1]}\nage: jwt.age"));

        var unit = units.Single(unit => unit.Id == UnitId.Parse("edgex/n1-edgex-10-0-0-2-59881"));
        var (edgeX, device) = ((EdgeXSpec)unit.Spec, (DeviceSpec)units.Single(unit => unit.Id == UnitId.Parse("device/dryer-1")).Spec);
        Assert.Equal((DriftPolicy.Warn, "audit"), (unit.Drift, unit.Suspend));
        Assert.Contains("\"name\":\"Dryer 1\"", TextOf(edgeX.Objects), StringComparison.Ordinal);
        Assert.Contains("\"profileName\":\"Dryer\"", TextOf(edgeX.Objects), StringComparison.Ordinal);
        Assert.Contains("\"serviceName\":\"modbus-2\"", TextOf(edgeX.Objects), StringComparison.Ordinal);
        Assert.Equal(("Dryer 1", "Main door"), (device.Connection.Device, device.Properties.Single(property => property.Name == "Door").Resource));
        Assert.Equal(edgeX.Headers, device.Connection.Headers);
        Assert.True(device.Connection.Headers.Single() is { Name: "Authorization", Value: [ContentPart.Text("Bearer "), ContentPart.Secret { Name: "jwt" }] }, $"{device.Connection.Headers}");
    }

    [Fact]
    public void A_unit_follows_its_models_and_devices_from_revision_to_revision()
    {
        var fleet = new FleetCompilation();
        var first = Objects(fleet, Tree("backend: edgex"));

        Assert.Contains("\"interval\":\"2s\"", first, StringComparison.Ordinal);
        Assert.Equal(first.Replace("\"2s\"", "\"4s\"", StringComparison.Ordinal), Objects(fleet, Tree("backend: edgex", Model.Replace("poll: 2s", "poll: 4s", StringComparison.Ordinal))));
        Assert.Equal("", Objects(fleet, Tree("poll: {Power: 5s}")));
        Assert.Equal(first, Objects(fleet, Tree("backend: edgex")));
    }

    [Fact]
    public void A_DeviceImport_of_the_same_EdgeX_has_names_of_its_own()
    {
        List<SourceFile> files =
        [
            .. Tree("backend: edgex", Model, Trees.Resource("DeviceImport", "hall", "node: n1\nfrom: [./edgex]\nbackend: edgex")),
            Trees.File("edgex/dryer.yaml", "name: dryer\ndeviceResources: [{name: a, properties: {valueType: Bool, readWrite: R}}]\n"),
            Trees.File("edgex/devices.yaml", "deviceList: [{name: dryer-1, serviceName: s, profileName: dryer, protocols: {other: {}}}]\n"),
        ];

        var twice = Trees.Rejected(files).Where(finding => finding.Code.Id == "MAN104").Select(finding => finding.What);

        Assert.Equal(
            [
                "the Devices of 'n1' and the DeviceImport 'hall' would both keep the profile 'dryer' in the EdgeX at http://127.0.0.1:59881",
                "the Devices of 'n1' and the DeviceImport 'hall' would both keep the device 'dryer-1' in the EdgeX at http://127.0.0.1:59881",
            ],
            twice);
    }

    [Fact]
    public void Where_an_address_comes_from_is_the_backend()
    {
        var manifest = Trees.Compiled(Tree("backend: {edgex: {command: 'http://127.0.0.1:60000'}}")).Manifest;

        var field = Assert.IsType<WhyAnswer.Found>(Why.Ask(manifest, "n1/device/dryer-1.connection.url")).Fields.Single();
        Assert.Equal(("backend.edgex.command", "http://127.0.0.1:60000"), (field.Path, field.Written.Text.Trim('"')));
        Assert.Equal("edgex/n1-edgex", Assert.IsType<WhyAnswer.Found>(Why.Ask(manifest, "n1/edgex/n1-edgex.metadata")).Placements.Single().Name);
    }

    private static string Objects(FleetCompilation fleet, List<SourceFile> files)
    {
        var compiled = Assert.IsType<CompileResult.Compiled>(fleet.Apply(SourceChange.Between(fleet.Source, files)));
        return compiled.Bundles.Nodes.Single().Bundle.Units.Select(unit => unit.Spec).OfType<EdgeXSpec>().SingleOrDefault() is { } edgeX ? TextOf(edgeX.Objects) : "";
    }

    private static EquatableArray<Unit> Compiled(string more, string model = "", params string[] resources) =>
        Trees.Compiled([.. Tree(more, model + Model, resources), Trees.File("jwt.age", "age-encryption.org/v1\n")]).Nodes.Single().Bundle.Units;

    private static List<SourceFile> Tree(string more, string model = Model, params string[] resources) =>
    [
        .. Trees.OneNode([Trees.Resource("DeviceModel", "dryer", model), Trees.Resource("Device", "dryer-1", $"node: n1\nmodel: dryer\nconnection: {{host: 10.20.0.5, unitId: 3}}\n{more}"), .. resources]),
    ];

    private static string TextOf(EquatableArray<ContentPart> content) => ((ContentPart.Text)content.Single()).Value;
}
