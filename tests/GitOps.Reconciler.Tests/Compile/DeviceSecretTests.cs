using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Manifests.State;
using GitOps.Reconciler.Compile;

namespace GitOps.Reconciler.Tests.Compile;

/// <summary>Secrets in what is sent to a device.</summary>
public sealed class DeviceSecretTests
{
    private const string Press = """
        apiVersion: gitops.edge/v1
        kind: DeviceModel
        metadata: {name: press}
        spec:
          protocol: mqtt
          properties: [{name: force, type: float64, topic: {read: press/force}}]

        """;

    [Fact]
    public void A_secret_in_a_header_is_a_hole_and_everything_else_is_text()
    {
        var bundles = Trees.Compiled([.. EveryKind.Files, Trees.File("oven.yaml", """
            apiVersion: gitops.edge/v1
            kind: DeviceModel
            metadata: {name: oven}
            spec:
              protocol: http
              properties: [{name: temperature, type: float64, http: {path: /state, pointer: /temperature}}]
            ---
            apiVersion: gitops.edge/v1
            kind: Device
            metadata: {name: oven-1}
            spec:
              node: press-1
              model: oven
              connection:
                url: "http://{{ node.name }}.ovens/"
                headers: {Authorization: 'Bearer {{ secret "token" }}', X-Node: "{{ node.name }}"}
            """)]);

        Assert.True(bundles.TryGet("press-1", out var node));
        var connection = ((DeviceSpec)node.Bundle.Units.Single(unit => unit.Name == "oven-1").Spec).Connection;
        Assert.Equal("http://press-1.ovens/", connection.Url);
        Assert.Equal(["Authorization", "X-Node"], connection.Headers.Select(header => header.Name));
        var secret = Assert.IsType<ContentPart.Secret>(connection.Headers[0].Value[1]);
        Assert.Equal((new ContentPart.Text("Bearer "), "token", "/etc/secrets/token"), (connection.Headers[0].Value[0], secret.Name, secret.File));
        Assert.Equal([new ContentPart.Text("press-1")], connection.Headers[1].Value);
    }

    [Fact]
    public void The_password_of_a_broker_is_a_hole_also_where_an_import_says_it()
    {
        var bundles = Trees.Compiled([.. EveryKind.Files, Trees.File("model.yaml", Press), Trees.File("press.yaml", """
            apiVersion: gitops.edge/v1
            kind: Device
            metadata: {name: press-a}
            spec:
              node: press-1
              model: press
              connection: {url: "mqtts://broker.hall", user: "{{ node.name }}", password: token}
            ---
            apiVersion: gitops.edge/v1
            kind: DeviceImport
            metadata: {name: meters}
            spec: {node: press-1, from: [./edgex], broker: {url: "mqtt://broker.hall", user: meters, password: token}}
            """), Trees.File("edgex/meter.yaml", """
            deviceList: [{name: Meter, serviceName: device-mqtt, profileName: Meter, protocols: {mqtt: {CommandTopic: m}}}]
            """), Trees.File("edgex/profile.yaml", """
            {name: Meter, deviceResources: [{name: power, properties: {valueType: Float32, readWrite: R}}]}
            """)]);

        Assert.True(bundles.TryGet("press-1", out var node));
        Assert.Equal(("press-1", "token"), Login("press-a"));
        Assert.Equal(("meters", "token"), Login("meter"));

        (string?, string) Login(string device)
        {
            var connection = ((DeviceSpec)node.Bundle.Units.Single(unit => unit.Name == device).Spec).Connection;
            return (connection.User, Assert.IsType<ContentPart.Secret>(Assert.Single(connection.Password)).Name);
        }
    }

    [Fact]
    public void Another_version_of_a_secret_reaches_everybody_who_names_it()
    {
        const string devices = """
            apiVersion: gitops.edge/v1
            kind: Device
            metadata: {name: press-a}
            spec: {node: n1, model: press, connection: {url: "mqtt://broker", user: a, password: token}}
            ---
            apiVersion: gitops.edge/v1
            kind: DeviceModel
            metadata: {name: meter}
            spec:
              protocol: modbus-tcp
              properties: [{name: power, type: int16, register: {table: input, address: 1}}]
            ---
            apiVersion: gitops.edge/v1
            kind: Device
            metadata: {name: meter-a}
            spec:
              node: n1
              model: meter
              connection: {host: 10.0.0.7}
              backend: {edgex: {token: token, bus: {url: "mqtt://bus", user: a, password: token}}}
            """;
        var fleet = new FleetCompilation();
        var before = VersionsOf("1");
        var after = VersionsOf("2");

        Assert.Equal(4, before.Count); // the press, the bus, core-metadata and core-command
        Assert.Single(before.Distinct());
        Assert.Equal(4, after.Count);
        Assert.Single(after.Distinct());
        Assert.NotEqual(before[0], after[0]);

        List<Digest> VersionsOf(string version)
        {
            List<SourceFile> files =
            [
                .. Trees.OneNode(Trees.Resource("Secret", "token", $"placement: {{all: true}}\nfile: /etc/secrets/token\nversion: \"{version}\"")), Trees.File("model.yaml", Press), Trees.File("devices.yaml", devices),
            ];
            var compiled = Assert.IsType<CompileResult.Compiled>(fleet.Apply(SourceChange.Between(fleet.Source, files)));
            return [.. compiled.Bundles.Nodes.Single().Bundle.Units.SelectMany(unit => unit.Spec.Contents()).SelectMany(parts => parts).OfType<ContentPart.Secret>().Select(secret => secret.Version)];
        }
    }

    [Fact]
    public void What_a_mapper_is_told_keeps_its_types_and_a_secret_is_a_hole()
    {
        var bundles = Trees.Compiled([.. EveryKind.Files, Trees.File("press.yaml", """
            apiVersion: gitops.edge/v1
            kind: DeviceModel
            metadata: {name: press}
            spec:
              protocol: mapper
              properties: [{name: force, type: float64, access: rw, visitor: {nodeID: "ns=2;i=4", gain: 0.5}}]
            ---
            apiVersion: gitops.edge/v1
            kind: Device
            metadata: {name: hydraulic-1}
            spec:
              node: press-1
              model: press
              connection:
                mapper:
                  protocol: opcua
                  config: {url: "opc.tcp://{{ node.name }}:4840", password: '{{ secret "token" }}', timeout: 30, sign: true, pin: "30"}
              desired: {force: 120.5}
            """)]);

        Assert.True(bundles.TryGet("press-1", out var node));
        var device = (DeviceSpec)node.Bundle.Units.Single(unit => unit.Name == "hydraulic-1").Spec;
        var mapper = device.Connection.Mapper!;
        Assert.Equal(("opcua", "token"), (mapper.Protocol, Assert.IsType<ContentPart.Secret>(Assert.Single(mapper.Config[0].Value)).Name));
        Assert.Equal(
            [("pin", "30", null), ("sign", "true", MapperTypes.Bool), ("timeout", "30", MapperTypes.Integer), ("url", "opc.tcp://press-1:4840", null)],
            mapper.Config.Skip(1).Select(Plain));
        Assert.Equal([("gain", "0.5", MapperTypes.Decimal), ("nodeID", "ns=2;i=4", null)], device.Properties[0].Visitor.Select(Plain));

        static (string, string, string?) Plain(MapperSetting setting) => (setting.Name, ((ContentPart.Text)Assert.Single(setting.Value)).Value, setting.Type);
    }
}
