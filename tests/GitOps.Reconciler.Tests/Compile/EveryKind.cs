using System.Text;
using GitOps.Manifests;
using GitOps.Reconciler.Compile;

namespace GitOps.Reconciler.Tests.Compile;

/// <summary>A small fleet that uses every kind, templates in every place they may stand, secrets, blobs and files.</summary>
internal static class EveryKind
{
    public static IReadOnlyList<SourceFile> Files { get; } =
    [
        Trees.File("fleet.yaml", """
            apiVersion: gitops.edge/v1
            kind: Fleet
            metadata: {name: every-kind}
            spec:
              uid: 11111111-2222-3333-4444-555555555555
              values:
                root: /srv/app
                port: 8080
                ratio: 0.10
                on: true
                setpoint: 70.5
                time: [{address: 10.0.0.1, prefer: true}, {address: pool.ntp.org}]
                services: [{name: web, port: 80}, {name: api, port: 81}]
                text: "quoted \"text\""
            """),
        Trees.File("nodes.yaml", """
            apiVersion: gitops.edge/v1
            kind: Site
            metadata: {name: berlin}
            spec:
              timeZone: Europe/Berlin
              coordinates: {latitude: 52.52, longitude: 13.405}
              uplink: {downloadWindows: [22:00-05:00, 12:00-13:00], downloadBudget: {size: 500Mi, days: 7}}
              values: {port: 9090}
            ---
            apiVersion: gitops.edge/v1
            kind: NodeGroup
            metadata: {name: presses}
            spec:
              selector: {matchLabels: {role: press}}
              priority: 10
              values: {setpoint: 80}
            ---
            apiVersion: gitops.edge/v1
            kind: EdgeNode
            metadata: {name: press-1, labels: {role: press}}
            spec: {site: berlin, architecture: arm64, capabilities: [gpio]}
            ---
            apiVersion: gitops.edge/v1
            kind: EdgeNode
            metadata: {name: press-2, labels: {role: press}}
            spec: {site: berlin, suspend: {reason: inventory}}
            ---
            apiVersion: gitops.edge/v1
            kind: EdgeNode
            metadata: {name: mixer-1, labels: {role: mixer}}
            spec: {values: {only: mixer}}
            """),
        Trees.File("apps/web.yaml", """
            apiVersion: gitops.edge/v1
            kind: Workload
            metadata: {name: web}
            spec:
              placement: {matchLabels: {role: press}}
              requires: [clock, volume/data, file/motd]
              process:
                command: [./run, --port, "{{ values.port }}", "{{ node.labels.role }}"]
                resources: {cpu: 0.5, memory: 64Mi, pids: "{{ 10 + 5 }}"}
                files:
                  - {name: run, source: run.sh, mode: "0755"}
                  - {name: big.txt, source: big.txt}
                  - name: app.conf
                    content: |
                      password={{ secret "db/password" }}
                      {{~ for s in values.services }}
                      {{ s.name }}={{ s.port }}
                      {{~ end }}
                env:
                  TOKEN: '{{ secret "token" }}'
                  RATIO: "{{ values.ratio }}"
                  SITE: "{{ site.name }} in {{ site.timeZone }} at {{ site.coordinates.latitude }}"
                ports: ["{{ values.port }}"]
                user: web
                restart: onFailure
              probes:
                - name: http
                  http: {url: "http://127.0.0.1:{{ values.port }}/"}
                - name: tcp
                  tcp: {port: "{{ values.port }}"}
            """),
        Trees.File("apps/run.sh", "#!/bin/sh\nexec sleep 1000\n"),
        Trees.File("apps/big.txt", new string('b', 5000)),
        Trees.File("files.yaml", """
            apiVersion: gitops.edge/v1
            kind: ConfigFile
            metadata: {name: motd}
            spec:
              placement: {all: true}
              path: "{{ values.root }}/motd"
              source: motd.txt.sbn
              owner: root
              mode: "0600"
            ---
            apiVersion: gitops.edge/v1
            kind: ConfigFile
            metadata: {name: plain}
            spec:
              placement: {matchLabels: {role: mixer}}
              path: /etc/plain
              content: |
                no template here
              adopt: true
            ---
            apiVersion: gitops.edge/v1
            kind: Volume
            metadata: {name: data}
            spec:
              placement: {all: true}
              path: "{{ values.root }}/data"
              size: 10Mi
              onFull: dropOldest
              retention: {maxAge: 2d}
            ---
            apiVersion: gitops.edge/v1
            kind: VolumeSync
            metadata: {name: recipes}
            spec:
              placement: {all: true}
              volume: data
              folder: recipes
              mode: pull
              remote:
                webdav: {url: "https://nas.example/{{ values.port }}", user: press, password: db/password}
              windows: [22:00-05:00]
              bandwidth: 500k
              alarmAfter: 2d
            ---
            apiVersion: gitops.edge/v1
            kind: VolumeSync
            metadata: {name: vault}
            spec:
              placement: {all: true}
              volume: data
              mode: backup
              remote:
                local: {path: "/mnt/{{ values.port }}"}
              backup: {password: db/password, keep: {last: 3, daily: 14}, verify: 3d}
            ---
            apiVersion: gitops.edge/v1
            kind: VolumeSync
            metadata: {name: shared}
            spec:
              placement: {nodes: [press-1, press-2]}
              volume: data
              folder: shared
              mode: replicate
              remote:
                nodes:
                  source: press-1
                  keepReplaced: true
                  peers:
                    - {node: press-1, id: NNJIOTN-IRJPI6O-FLNZZUR-BMPZE6H-4JTOHEX-NKOM2IU-JBJQYEZ-ECPIRQP, address: 10.0.0.11}
                    - {node: press-2, id: LKRP6GS-D6M2NUS-C73Y5WG-ERYR3HK-OLPBNDQ-U4ZCIYG-VCCQGSJ-U3DK6A7, address: press-2.plant}
            ---
            apiVersion: gitops.edge/v1
            kind: TimeSync
            metadata: {name: site-time}
            spec:
              placement: {all: true}
              servers: {$value: time}
              maxError: 250ms
            ---
            apiVersion: gitops.edge/v1
            kind: Secret
            metadata: {name: db}
            spec: {placement: {all: true}, file: /etc/secrets/db, keys: [user, password], version: "3"}
            ---
            apiVersion: gitops.edge/v1
            kind: Secret
            metadata: {name: token}
            spec: {placement: {all: true}, file: /etc/secrets/token, version: "1"}
            """),
        Trees.File("motd.txt.sbn", "{{ node.name }} ({{ node.architecture }}) of {{ fleet.name }}\n{{ values.text }}\n"),
        Trees.File("plc.yaml", """
            apiVersion: gitops.edge/v1
            kind: DeviceModel
            metadata: {name: boiler}
            spec:
              protocol: modbus-tcp
              properties:
                - {name: temperature, type: int16, scale: 0.1, register: {table: input, address: 0}, unit: °C}
                - {name: setpoint, type: int16, access: rw, scale: 0.1, minimum: 0, maximum: 120, register: {table: holding, address: 0}}
                - {name: enabled, type: bool, access: rw, register: {table: coil, address: 0}, poll: 0s}
            ---
            apiVersion: gitops.edge/v1
            kind: Device
            metadata: {name: boiler-1}
            spec:
              node: press-1
              model: boiler
              connection: {host: 192.168.0.10, port: 1502}
              requires: [clock]
              desired:
                setpoint: {value: "{{ values.setpoint }}", apply: hold, tolerance: 0.1, writeWhen: {property: enabled, equals: true}, onRollback: previous}
                enabled: "{{ values.on }}"
            """),
    ];

    public static string Text(SourceFile file) => Encoding.UTF8.GetString(file.Bytes.Span);

    /// <summary>The same fleet after one busy commit: every kind changes, a file is renamed, a node goes, another comes.</summary>
    public static FleetBundles Changed() => Trees.Compiled([.. Files.Select(file => file.Path switch
    {
        "files.yaml" => Edit(file, ("size: 10Mi", "size: 20Mi"), ("name: motd", "name: welcome"), ("  path: \"{{ values.root }}/motd\"", "  movedFrom: motd\n  path: \"{{ values.root }}/motd\""), ("version: \"3\"", "version: \"4\"")),
        "apps/web.yaml" => Edit(file, ("file/motd", "file/welcome"), ("RATIO: \"{{ values.ratio }}\"", "EXTRA: more"), ("name: tcp", "name: tcp2")),
        "apps/big.txt" => Trees.File(file.Path, new string('c', 5000)),
        "nodes.yaml" => Edit(file, ("setpoint: 80", "setpoint: 81.5"), ("metadata: {name: mixer-1, labels: {role: mixer}}", "metadata: {name: mixer-2, labels: {role: other}}")),
        _ => file,
    })]);

    private static SourceFile Edit(SourceFile file, params (string Old, string New)[] edits)
    {
        var text = Text(file);
        foreach (var (old, now) in edits)
        {
            Assert.Contains(old, text, StringComparison.Ordinal);
            text = text.Replace(old, now, StringComparison.Ordinal);
        }

        return Trees.File(file.Path, text);
    }
}
