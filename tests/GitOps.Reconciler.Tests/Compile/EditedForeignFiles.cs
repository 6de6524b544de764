namespace GitOps.Reconciler.Tests.Compile;

/// <summary>Files of other systems in the fleet that is edited: EdgeX, KubeEdge, a Pod, a Compose file. The first way of each is right.</summary>
internal static class EditedForeignFiles
{
    private const string Image = "registry.example/it@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private static readonly (string Path, string Text) Absent = ("", "");

    public static IReadOnlyList<IReadOnlyList<(string Path, string Text)>> Places { get; } =
    [
        .. EdgeX(), .. OwnEdgeX(), .. KubeEdge(), .. Pods(), .. Compose(),
    ];

    private static IReadOnlyList<(string, string)>[] EdgeX() =>
    [
        [
            ("edgex.yaml", EditedFleet.Document("DeviceImport", "pumps", "node: n1\nfrom: [./edgex]\nleave: [opcua]")),
            ("edgex.yaml", EditedFleet.Document("DeviceImport", "pumps", "node: n2\nfrom: [./edgex]\nleave: [opcua]\nprefix: hall-\ndesired: {Pump 1: {Speed: 5}}")),
            ("edgex.yaml", EditedFleet.Document("DeviceImport", "pumps", "node: n9\nfrom: [./edgex]")),
            ("edgex.yaml", EditedFleet.Document("DeviceImport", "pumps", "node: n1\nfrom: [./elsewhere]")),
            ("edgex.yaml", EditedFleet.Document("DeviceImport", "pumps", "node: n1\nfrm: [./edgex]")),
            Absent,
        ],
        [
            ("edgex/pump.yaml", Profile("Pump", "valueType: Int16, readWrite: RW")),
            ("edgex/pump.yaml", Profile("Pump", "valueType: Int16, readWrite: RW, maximum: 3, scale: 0.1")),
            ("edgex/pump.yaml", Profile("Pump", "valueType: Int17, readWrite: RW")),
            ("edgex/pump.yaml", Profile("Valve", "valueType: Int16, readWrite: RW")),
            ("moved/pump.yml", Profile("Pump", "valueType: Int16, readWrite: R")),
            ("edgex/pump.yaml", EditedFleet.Document("DeviceModel", "pump", "protocol: simulated\nproperties: [{name: speed, type: int16}]")),
            Absent,
        ],
        [
            ("edgex/devices.json", """[{"name": "Pump 1", "profileName": "Pump", "protocols": {"modbus-tcp": {"Address": "10.0.0.7", "Port": 502, "UnitID": 1, "Timeout": 5}}}]"""),
            ("edgex/devices.json", """[{"name": "Pump 1", "profileName": "Pump", "protocols": {"modbus-tcp": {"Address": "10.0.0.8", "Port": 502, "UnitID": 1, "Timeout": 5}}, "autoEvents": [{"interval": "10s", "sourceName": "Speed"}]}]"""),
            ("edgex/devices.json", """[{"name": "Pump 1", "profileName": "Pump", "protocols": {"opcua": {"Endpoint": "opc.tcp://h"}}}]"""),
            ("edgex/devices.toml", "[[DeviceList]]\nName = \"Pump 1\"\nProfileName = \"Pump\"\n[DeviceList.Protocols.modbus-tcp]\nAddress = \"10.0.0.7\"\nPort = 502\nUnitID = 1\nTimeout = 5\n"),
            ("edgex/devices.json", """[{"name": "plc", "profileName": "Pump", "protocols": {"modbus-tcp": {"Address": "10.0.0.7", "Port": 502, "UnitID": 1, "Timeout": 5}}}]"""),
            ("edgex/devices.json", """[{"name": "Pump 1", }]"""),
            Absent,
        ],
    ];

    private static IReadOnlyList<(string, string)>[] OwnEdgeX() =>
    [
        [
            ("own/chiller.yaml", EditedFleet.Document("DeviceModel", "chiller", "protocol: modbus-tcp\nproperties: [{name: level, type: int16, access: rw, scale: 0.1, register: {table: holding, address: 4}}]")),
            ("own/chiller.yaml", EditedFleet.Document("DeviceModel", "chiller", "protocol: modbus-tcp\nproperties: [{name: level, type: int16, access: rw, poll: 5s, register: {table: holding, address: 4}}]")),
            ("own/chiller.yaml", EditedFleet.Document("DeviceModel", "chiller", "protocol: modbus-tcp\nproperties: [{name: level, type: int16, access: rw, mask: 0x00FF, register: {table: holding, address: 4}}]")),
            ("own/chiller.yaml", EditedFleet.Document("DeviceModel", "chiller", "protocol: simulated\nproperties: [{name: level, type: int16, access: rw}]")),
            Absent,
        ],
        [
            ("own/chiller-1.yaml", EditedFleet.Document("Device", "chiller-1", "node: n2\nmodel: chiller\nconnection: {host: 10.0.0.9}\nbackend: edgex\ndesired: {level: 5}")),
            ("own/chiller-1.yaml", EditedFleet.Document("Device", "chiller-1", "node: n2\nmodel: chiller\nconnection: {host: 10.0.0.9}\nbackend: {edgex: {metadata: \"http://10.0.0.2:59881\", adopt: true}}")),
            ("own/chiller-1.yaml", EditedFleet.Document("Device", "chiller-1", "node: n1\nmodel: pumps-pump\nconnection: {host: 10.0.0.9}\nbackend: edgex")),
            ("own/chiller-1.yaml", EditedFleet.Document("Device", "chiller-1", "node: n2\nmodel: chiller\nconnection: {host: \"{{ node.name }}\"}\nbackend: edgex")),
            ("own/chiller-1.yaml", EditedFleet.Document("Device", "chiller-1", "node: n2\nmodel: chiller\nconnection: {host: 10.0.0.9}")),
            Absent,
        ],
        [
            ("own/chiller-2.yaml", EditedFleet.Document("Device", "chiller-2", "node: n2\nmodel: chiller\nconnection: {host: 10.0.0.10}\nbackend: edgex")),
            ("own/chiller-2.yaml", EditedFleet.Document("Device", "chiller-2", "node: n2\nmodel: chiller\nconnection: {host: 10.0.0.10}\nbackend: edgex\nforeign: {system: edgex, name: chiller-1}")),
            ("own/chiller-2.yaml", EditedFleet.Document("Device", "chiller-2", "node: n3\nmodel: chiller\nconnection: {host: 10.0.0.10}\nbackend: {edgex: {metadata: \"http://10.0.0.2:59881\"}}")),
            Absent,
        ],
    ];

    private static IReadOnlyList<(string, string)>[] KubeEdge() =>
    [
        [
            ("kubeedge/model.yaml", KubeEdgeModel("{name: load, type: INT, accessMode: ReadOnly}")),
            ("kubeedge/model.yaml", KubeEdgeModel("{name: load, type: INT, accessMode: ReadWrite, maximum: \"100\", unit: kg}")),
            ("kubeedge/model.yaml", KubeEdgeModel("{name: load, type: INTEGER, accessMode: ReadOnly}")),
            ("kubeedge/model.yaml", KubeEdgeModel("{name: weight, type: INT, accessMode: ReadOnly}")),
            Absent,
        ],
        [
            ("kubeedge/scale.yaml", KubeEdgeDevice("n3", "")),
            ("kubeedge/scale.yaml", KubeEdgeDevice("n0", "")),
            ("kubeedge/scale.yaml", KubeEdgeDevice("n9", "")),
            ("kubeedge/scale.yaml", KubeEdgeDevice("n3", "desired: {value: \"50\"}\n      collectCycle: 1000\n      ")),
            ("edgex/scale.yaml", KubeEdgeDevice("n3", "")),
            Absent,
        ],
    ];

    private static IReadOnlyList<(string, string)>[] Pods() =>
    [
        [
            ("apps/shop.yaml", EditedFleet.Document("Workload", "shop", "placement: {all: true}\npod: {source: [pod.yml, config.yml]}")),
            ("apps/shop.yaml", EditedFleet.Document("Workload", "shop", "placement: {matchLabels: {role: press}}\nrequires: [clock]\npod: {source: pod.yml}")),
            ("apps/shop.yaml", EditedFleet.Document("Workload", "shop", "placement: {all: true}\ncompose: {source: pod.yml}")),
            Absent,
        ],
        [
            ("apps/pod.yml", Pod("envFrom: [{configMapRef: {name: shop}}]")),
            ("apps/pod.yml", Pod("ports: [{containerPort: 8080, hostPort: 80}]")),
            ("apps/pod.yml", Pod("volumeMounts: [{name: data, mountPath: /data}]", "  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]\n")),
            ("apps/pod.yml", Pod("env: [{name: PW, valueFrom: {secretKeyRef: {name: db, key: password}}}]")),
            ("apps/pod.yml", Pod("lifecycle: {}", "  nodeName: n1\n")),
            ("apps/pod.yml", Pod("command: [shop]").Replace(Image, "registry.example/it:1", StringComparison.Ordinal)),
            ("apps/pod.yml", "kind: ["),
            Absent,
        ],
        [
            ("apps/config.yml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {COLOUR: red}\n"),
            ("apps/config.yml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {COLOUR: blue, SIZE: \"5\"}\n"),
            ("apps/config.yml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {COLOUR: red}\n"),
            Absent,
        ],
    ];

    private static IReadOnlyList<(string, string)>[] Compose() =>
    [
        [
            ("apps/tools.yaml", EditedFleet.Document("Workload", "tools", "placement: {matchLabels: {role: mixer}}\ncompose: {source: tools/compose.yml, variables: {LEVEL: \"{{ values.greeting }}\"}}")),
            ("apps/tools.yaml", EditedFleet.Document("Workload", "tools", "placement: {all: true}\ncompose: {source: tools/compose.yml, variables: {LEVEL: \"2\"}}")),
            ("apps/tools.yaml", EditedFleet.Document("Workload", "tools", "placement: {all: true}\ncompose: {source: tools/compose.yml.sbn, variables: {LEVEL: \"2\"}}")),
            ("apps/tools.yaml", EditedFleet.Document("Workload", "tools", "placement: {all: true}\ncompose: {source: tools/compose.yml}")),
            Absent,
        ],
        [
            ("apps/tools/compose.yml", ComposeFile("volumes: [\"./tool.conf:/etc/tool.conf:ro\"]")),
            ("apps/tools/compose.yml", ComposeFile("ports: [\"8080:80\"]")),
            ("apps/tools/compose.yml", ComposeFile("configs: [tool]", "configs: {tool: {file: ./tool.conf}}\n")),
            ("apps/tools/compose.yml", ComposeFile("build: .")),
            ("apps/tools/compose.yml.sbn", ComposeFile("command: [\"{{ node.name }}\", \"{{ values.root }}\"]")),
            Absent,
        ],
        [
            ("apps/tools/tool.conf", "a = 1\n"),
            ("apps/tools/tool.conf", "a = 2\n"),
            ("apps/tools/tool.conf", new string('t', 5000)),
            Absent,
        ],
    ];

    private static string Profile(string name, string properties) =>
        $"name: {name}\ndeviceResources:\n  - name: Speed\n    attributes: {{primaryTable: HOLDING_REGISTERS, startingAddress: 1}}\n    properties: {{{properties}}}\n";

    private static string KubeEdgeModel(string property) =>
        $"apiVersion: devices.kubeedge.io/v1beta1\nkind: DeviceModel\nmetadata: {{name: scale}}\nspec:\n  properties:\n    - {property}\n";

    private static string KubeEdgeDevice(string node, string property) => $$$"""
        apiVersion: devices.kubeedge.io/v1beta1
        kind: Device
        metadata: {name: scale-1}
        spec:
          deviceModelRef: {name: scale}
          nodeName: {{{node}}}
          protocol: {protocolName: modbus, configData: {ip: 10.0.0.9, port: 502, slaveID: 1}}
          properties:
            - name: load
              {{{property}}}visitors: {protocolName: modbus, configData: {register: HoldingRegister, offset: 1, limit: 1}}

        """;

    private static string Pod(string container, string spec = "") =>
        $"apiVersion: v1\nkind: Pod\nmetadata: {{name: shop}}\nspec:\n{spec}  containers:\n    - name: shop\n      image: {Image}\n      {container}\n";

    private static string ComposeFile(string service, string rest = "") =>
        $"services:\n  tool:\n    image: {Image}\n    environment: {{LEVEL: \"${{LEVEL}}\"}}\n    {service}\n{rest}";
}
