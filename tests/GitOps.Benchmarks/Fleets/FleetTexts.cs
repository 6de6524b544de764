namespace GitOps.Benchmarks.Fleets;

/// <summary>The manifests of a <see cref="GeneratedFleet"/> other than its nodes.</summary>
internal static class FleetTexts
{
    public const string Counter = """
        apiVersion: gitops.edge/v1
        kind: Workload
        metadata:
          name: counter
        spec:
          placement: {all: true}
          requires: [clock, volume/data]
          process:
            command: [./counter.sh]
            files:
              - name: counter.sh
                source: counter.sh
                mode: "0755"
            env:
              DATA: "{{ values.root }}/data"
              INTERVAL: "{{ values.interval }}"
            restart: always
            backoff: {initial: 500ms, max: 5s}
          probes:
            - name: counting
              exec:
                command: [/usr/bin/test, -s, "{{ values.root }}/data/count"]
              period: 5s

        """;

    public const string CounterScript = "#!/bin/sh\nwhile :; do date >\"$DATA/count\"; sleep \"$INTERVAL\"; done\n";

    public const string ConfigFiles = """
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata:
          name: motd
        spec:
          placement: {all: true}
          path: "{{ values.root }}/motd"
          source: motd.txt.sbn
          mode: "0644"
        ---
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata:
          name: greeting
        spec:
          placement: {all: true}
          path: "{{ values.root }}/greeting"
          content: |
            {{ values.greeting }} at {{ site.name }}
        ---
        # Large enough to travel as a blob of its own.
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata:
          name: limits
        spec:
          placement: {all: true}
          path: /srv/benchmark/limits.conf
          source: limits.conf

        """;

    public const string Motd = """
        {{ values.greeting }}: this is {{ node.name }}, number {{ values.number }} of its line.
        Questions go to {{ values.contact }}.

        """;

    public const string Volume = """
        apiVersion: gitops.edge/v1
        kind: Volume
        metadata:
          name: data
        spec:
          placement: {all: true}
          path: "{{ values.root }}/data"
          size: 10Mi
          onFull: alarm

        """;

    public const string TimeSync = """
        apiVersion: gitops.edge/v1
        kind: TimeSync
        metadata:
          name: site-time
        spec:
          placement: {all: true}
          servers:
            $value: values.time
          maxError: 500ms

        """;

    public const string Boiler = """
        apiVersion: gitops.edge/v1
        kind: DeviceModel
        metadata:
          name: boiler
        spec:
          protocol: modbus-tcp
          properties:
            - name: temperature
              type: int16
              unit: °C
              scale: 0.1
              register: {table: input, address: 2}
              poll: 1s
            - name: setpoint
              type: float32
              access: rw
              unit: °C
              minimum: 0
              maximum: 120
              register: {table: holding, address: 0}
              poll: 1s

        """;

    public static string Fleet(string uid) => $$"""
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata:
          name: benchmark
        spec:
          uid: {{uid}}
          rollout:
            strategy: allAtOnce
          values:
            root: /srv/benchmark
            greeting: Welcome
            interval: 1
            plc:
              host: 10.0.0.5
              port: 502
            time:
              - address: 0.pool.ntp.org
              - address: 1.pool.ntp.org

        """;

    public static string Group(string role, int priority) => FormattableString.Invariant($$"""
        apiVersion: gitops.edge/v1
        kind: NodeGroup
        metadata:
          name: {{role}}
        spec:
          priority: {{priority}}
          selector:
            matchLabels: {role: {{role}}}
          values:
            greeting: Mind the {{role}}

        """);

    public static string Site(string name) => $$"""
        apiVersion: gitops.edge/v1
        kind: Site
        metadata:
          name: {{name}}
        spec:
          timeZone: Europe/Berlin

        """;

    public static string Device(string name, string node) => $$$"""
        apiVersion: gitops.edge/v1
        kind: Device
        metadata:
          name: {{{name}}}
        spec:
          node: {{{node}}}
          model: boiler
          connection:
            host: "{{ values.plc.host }}"
            port: "{{ values.plc.port }}"
          desired:
            setpoint:
              value: 70.5
              apply: hold
              tolerance: 0.1

        """;
}
