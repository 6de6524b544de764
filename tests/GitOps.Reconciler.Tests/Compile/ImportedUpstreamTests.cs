using GitOps.Bundles.Units;
using GitOps.Manifests;

namespace GitOps.Reconciler.Tests.Compile;

/// <summary>Which values of devices in files of EdgeX and KubeEdge go up, as the import says; the files stay as they are.</summary>
public sealed class ImportedUpstreamTests
{
    private const string Fleet = """
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata: {name: f}
        spec: {uid: 6a1f2c34-8f0b-4d5e-9c1a-7b2d3e4f5a60}
        ---
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata: {name: gateway-1}
        ---
        apiVersion: gitops.edge/v1
        kind: DeviceImport
        metadata: {name: hall}
        spec:
          node: gateway-1
          from: [./foreign]
          upstream:
            Dryer 1: {Temperature: {every: 10s}}
            '*': {Temperature: {every: 1m}, speed: {deadband: 5}, Setpoint: {deadband: 0}}
          upstreamBuffer: {size: 1Mi, keep: oldest}

        """;

    private const string EdgeX = """
        name: Dryer
        deviceResources:
          - {name: Temperature, attributes: {primaryTable: INPUT_REGISTERS, startingAddress: 1}, properties: {valueType: Int16, readWrite: R}}
          - {name: Setpoint, attributes: {primaryTable: HOLDING_REGISTERS, startingAddress: 1}, properties: {valueType: Int16, readWrite: W}}
        """;

    private const string Dryers = """
        deviceList:
          - {name: Dryer 1, serviceName: modbus, profileName: Dryer, protocols: {modbus-tcp: {Address: 10.0.0.1, Port: "502", UnitID: "1"}}, autoEvents: [{interval: 1s, sourceName: Temperature}]}
          - {name: Dryer 2, serviceName: modbus, profileName: Dryer, protocols: {modbus-tcp: {Address: 10.0.0.2, Port: "502", UnitID: "1"}}, autoEvents: [{interval: 1s, sourceName: Temperature}]}
        """;

    private const string Pump = """
        apiVersion: devices.kubeedge.io/v1beta1
        kind: DeviceModel
        metadata: {name: pump}
        spec: {protocol: modbus, properties: [{name: speed, type: INT, accessMode: ReadOnly}]}
        ---
        apiVersion: devices.kubeedge.io/v1beta1
        kind: Device
        metadata: {name: pump-1}
        spec:
          deviceModelRef: {name: pump}
          nodeName: gateway-1
          protocol: {protocolName: modbus, configData: {ip: 10.0.0.3, port: 502, slaveID: 1}}
          properties: [{name: speed, collectCycle: 1000, visitors: {protocolName: modbus, configData: {register: InputRegister, offset: 1, limit: 1}}}]
        """;

    [Fact]
    public void Each_device_has_its_own_rules_or_those_for_all_as_far_as_it_has_the_property()
    {
        var units = Trees.Compiled(Tree(Fleet)).Nodes.Single().Bundle.Units.ToDictionary(unit => unit.Name, unit => (DeviceSpec)unit.Spec);

        Assert.Equal(
            ["dryer-1 Temperature 10000 ", "dryer-2 Temperature 60000 ", "pump-1 speed  5"],
            units.OrderBy(unit => unit.Key, StringComparer.Ordinal).SelectMany(unit => unit.Value.Properties
                .Where(property => property.Upstream is not null)
                .Select(property => $"{unit.Key} {property.Name} {property.Upstream!.EveryMs} {property.Upstream.Deadband}")));
        Assert.All(units.Values, spec => Assert.Equal(new UpstreamBuffer { SizeBytes = 1 << 20, Keep = BufferKeep.Oldest }, spec.UpstreamBuffer));
    }

    [Fact]
    public void Without_upstream_bundles_are_what_they_were()
    {
        var without = Fleet[..Fleet.IndexOf("  upstream:", StringComparison.Ordinal)];
        Assert.All(Trees.Compiled(Tree(without + "  upstreamBuffer: {size: 1Mi}\n")).Nodes.Single().Bundle.Units, unit => Assert.Null(((DeviceSpec)unit.Spec).UpstreamBuffer));
        Assert.Equal(
            Trees.Compiled(Tree(without)).Nodes.Single().Bundle.ToBytes(),
            Trees.Compiled(Tree(without + "  upstream: {\"*\": {Nowhere: {every: 1m}}}\n")).Nodes.Single().Bundle.ToBytes());
    }

    private static List<SourceFile> Tree(string fleet) =>
        [Trees.File("fleet.yaml", fleet), Trees.File("foreign/dryer.yaml", EdgeX), Trees.File("foreign/dryers.yaml", Dryers), Trees.File("foreign/pump.yaml", Pump)];
}
