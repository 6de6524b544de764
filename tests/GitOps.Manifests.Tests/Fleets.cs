using System.Text;

namespace GitOps.Manifests.Tests;

/// <summary>Source trees for tests.</summary>
internal static class Fleets
{
    public const string Fleet = """
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata: {name: plant}
        spec: {uid: 3f0c8a52-6d0e-4d39-9d5b-0a4c4d1f7a10}
        """;

    /// <summary>A fleet of three nodes on two sites with one resource of every kind.</summary>
    public static FleetSource Example { get; } = Of(
        ("fleet.yaml", """
            apiVersion: gitops.edge/v1
            kind: Fleet
            metadata: {name: plant}
            spec:
              uid: 3f0c8a52-6d0e-4d39-9d5b-0a4c4d1f7a10
              values: {motd: hello, web: {port: 8080}}
              rollout: {canary: press-1, healthTimeout: 2m}
            """),
        ("sites.yaml", """
            apiVersion: gitops.edge/v1
            kind: Site
            metadata: {name: berlin}
            spec:
              timeZone: Europe/Berlin
              coordinates: {latitude: 52.52, longitude: 13.405}
              values: {motd: hallo}
            ---
            apiVersion: gitops.edge/v1
            kind: Site
            metadata: {name: lab}
            """),
        ("nodes/nodes.yaml", """
            apiVersion: gitops.edge/v1
            kind: EdgeNode
            metadata: {name: press-1, labels: {role: press}}
            spec: {site: berlin, values: {web: {port: 8081}}}
            ---
            apiVersion: gitops.edge/v1
            kind: EdgeNode
            metadata: {name: press-2, labels: {role: press}}
            spec: {site: berlin, architecture: arm64}
            ---
            apiVersion: gitops.edge/v1
            kind: NodeInventory
            metadata: {name: benches}
            spec: {source: benches.csv}
            ---
            apiVersion: gitops.edge/v1
            kind: NodeGroup
            metadata: {name: presses}
            spec:
              selector: {matchLabels: {role: press}}
              priority: 10
              values: {web: {threads: 4}}
            """),
        ("nodes/benches.csv", "name,site,labels.role,suspend\nbench,lab,bench,being moved\n"),
        ("apps/web.yaml", """
            apiVersion: gitops.edge/v1
            kind: Workload
            metadata: {name: web}
            spec:
              placement: {matchLabels: {role: press}}
              requires: [clock, volume/data]
              process:
                command: [./serve, --port, "{{ values.web.port }}"]
                files:
                  - {name: serve, source: files/serve.sh, mode: "0755"}
                env: {GREETING: "{{ values.motd }}"}
                ports: ["{{ values.web.port }}"]
              probes:
                - name: up
                  http: {url: "http://127.0.0.1:{{ values.web.port }}/"}
            ---
            apiVersion: gitops.edge/v1
            kind: ConfigFile
            metadata: {name: motd}
            spec:
              placement: {all: true}
              path: /etc/motd
              content: |
                {{ values.motd }} from {{ node.name }}
            """),
        ("apps/files/serve.sh", "#!/bin/sh\nexec sleep infinity\n"),
        ("infra.yaml", """
            apiVersion: gitops.edge/v1
            kind: Volume
            metadata: {name: data}
            spec:
              placement: {matchExpressions: [{key: role, operator: In, values: [press]}]}
              path: /srv/data
              size: 10Mi
              onFull: dropOldest
              retention: {maxAge: 7d}
            ---
            apiVersion: gitops.edge/v1
            kind: VolumeSync
            metadata: {name: recipes}
            spec:
              placement: {matchExpressions: [{key: role, operator: In, values: [press]}]}
              volume: data
              folder: recipes
              mode: pull
              remote: {sftp: {host: nas.example, hostKey: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGvp, user: press, privateKey: db}}
              windows: ["22:00-05:00"]
            ---
            apiVersion: gitops.edge/v1
            kind: TimeSync
            metadata: {name: site-clock}
            spec:
              placement: {all: true}
              servers: [10.0.0.1, {address: time.example, nts: true, prefer: true}]
            ---
            apiVersion: gitops.edge/v1
            kind: Secret
            metadata: {name: db}
            spec:
              placement: {nodes: [press-1]}
              file: /etc/gitops-agent/secrets/db
              version: "1"
            ---
            apiVersion: gitops.edge/v1
            kind: DeviceModel
            metadata: {name: oven}
            spec:
              protocol: modbus-tcp
              properties:
                - {name: temperature, type: int16, scale: 0.1, unit: °C, register: {table: input, address: 0}}
                - {name: setpoint, type: int16, access: rw, scale: 0.1, minimum: 20, maximum: 250, register: {table: holding, address: 0}}
                - {name: running, type: bool, register: {table: discrete, address: 0}}
            ---
            apiVersion: gitops.edge/v1
            kind: Device
            metadata: {name: oven-1}
            spec:
              node: press-1
              model: oven
              connection: {host: 10.0.0.7, port: 1502, unitId: 1}
              desired:
                setpoint: {value: 70.5, apply: hold, tolerance: 0.5, writeWhen: {property: running, equals: true}, onRollback: previous}
            ---
            apiVersion: gitops.edge/v1
            kind: DeviceImport
            metadata: {name: hall}
            spec: {node: press-2, from: [./edgex]}
            """),
        ("edgex/profile.yaml", """
            name: Meter
            deviceResources:
              - {name: Energy, attributes: {primaryTable: HOLDING_REGISTERS, startingAddress: 4}, properties: {valueType: Uint32, readWrite: R, units: kWh}}
            """),
        ("edgex/devices.yaml", """
            deviceList:
              - {name: Meter 1, profileName: Meter, protocols: {modbus-tcp: {Address: 10.0.0.8, Port: 502, UnitID: 1, Timeout: 5}}, autoEvents: [{interval: 10s, sourceName: Energy}]}
            """));

    public static FleetSource Of(params (string Path, string Text)[] files) =>
        new(files.Select(file => new SourceFile(file.Path, Encoding.UTF8.GetBytes(file.Text))));

    /// <summary>One file besides a Fleet and a node <c>n1</c>.</summary>
    public static FleetSource With(string text, params (string Path, string Text)[] more) =>
        Of([("fleet.yaml", Fleet + "\n---\n" + Node("n1")), ("x.yaml", text), .. more]);

    public static string Node(string name, string labels = "{role: edge}") => $$"""
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata: {name: {{name}}, labels: {{labels}}}

        """;

    public static string ToText(this IEnumerable<Finding> findings) =>
        string.Concat(findings.Select(finding => finding.ToText() + "\n"));
}
