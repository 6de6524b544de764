using System.Text.Json;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Compile;

public sealed class ContainerGroupTests
{
    private const string Digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private static readonly string Surroundings =
        Trees.Resource("Volume", "data", "placement: {all: true}\npath: /srv/data")
        + Trees.Resource("Secret", "db", "placement: {all: true}\nfile: /etc/secrets/db\nkeys: [password]\nversion: \"1\"")
        + Trees.Resource("Secret", "token", "placement: {all: true}\nfile: /etc/secrets/token\nversion: \"1\"");

    [Fact]
    public void A_deployment_becomes_a_group() => Golden.Verify("containers/deployment.json", Group("pod: {source: pod.yaml.sbn}", ("pod.yaml.sbn", """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 1
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web, tier: front}}
            spec:
              restartPolicy: OnFailure
              terminationGracePeriodSeconds: 5
              hostAliases: [{ip: 10.0.0.7, hostnames: [plc]}]
              securityContext: {runAsUser: 1000, runAsGroup: 1000, supplementalGroups: [20], runAsNonRoot: true}
              volumes:
                - {name: data, persistentVolumeClaim: {claimName: data}}
                - {name: conf, configMap: {name: web, items: [{key: app.conf, path: conf/app.conf, mode: 0600}]}}
                - {name: keys, secret: {secretName: db, items: [{key: password, path: db}]}}
                - {name: tmp, emptyDir: {medium: Memory, sizeLimit: 16Mi}}
                - {name: host, hostPath: {path: /run/udev, type: Directory}}
              initContainers:
                - {name: migrate, image: "registry.example/web@DIGEST", command: [/migrate]}
              containers:
                - name: web
                  image: "registry.example:5000/web:1.2@DIGEST"
                  args: [--node, "{{ node.name }}"]
                  workingDir: /srv
                  env:
                    - {name: NUMBER, value: 5}
                    - {name: PORT, valueFrom: {configMapKeyRef: {name: web, key: port}}}
                    - {name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}
                  envFrom: [{configMapRef: {name: web}, prefix: WEB_}]
                  ports: [{name: http, containerPort: 8080, hostPort: 80}, {containerPort: 53, protocol: UDP}]
                  volumeMounts: [{name: data, mountPath: /data, subPath: web}, {name: conf, mountPath: /etc/web, readOnly: true}]
                  resources: {limits: {cpu: 500m, memory: 64Mi}}
                  livenessProbe: {httpGet: {path: /healthz, port: http}, initialDelaySeconds: 3}
                  readinessProbe: {exec: {command: [/ready]}, periodSeconds: 2}
                  startupProbe: {tcpSocket: {port: 8080}, failureThreshold: 30}
                  securityContext:
                    allowPrivilegeEscalation: false
                    readOnlyRootFilesystem: true
                    capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}
                    seccompProfile: {type: RuntimeDefault}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: web}
        data: {port: "8080", app.conf: "a=b\n"}
        """)));

    [Fact]
    public void A_compose_file_becomes_a_group() => Golden.Verify("containers/compose.json", Group(
        "compose: {source: compose.yaml, variables: {LEVEL: \"{{ node.name }}\"}}",
        ("compose.yaml", """
        name: shop
        x-common: {a: b}
        services:
          web:
            image: registry.example/web@DIGEST
            entrypoint: /entry 'one word' "two"
            command: [serve, --level, "${LEVEL:-none}"]
            environment: {NUMBER: 5, PRICE: "$$5", YES: "true"}
            ports: ["8080:80", "127.0.0.1:9000-9001:9000-9001/udp", {target: 443, published: "8443"}]
            expose: ["80", "81"]
            depends_on: {db: {condition: service_healthy}}
            volumes: ["data:/data:ro", "./nginx.conf:/etc/nginx.conf:ro", "/dev/log:/dev/log", {type: tmpfs, target: /run, tmpfs: {size: 1m}}, /scratch]
            configs: [app, {source: inline, target: /etc/inline, mode: 0400}]
            secrets: [token]
            restart: unless-stopped
            stop_signal: QUIT
            stop_grace_period: 1m30s
            logging: {driver: json-file, options: {max-size: 10m, max-file: "5"}}
            labels: [a=b]
            extra_hosts: ["plc:10.0.0.7"]
            deploy: {resources: {limits: {cpus: "0.25", memory: 50M, pids: 100}}}
          db:
            image: registry.example/db@DIGEST
            environment: [A=b=c]
            healthcheck: {test: pg_isready -q, interval: 5s, retries: 5, start_period: 10s}
            user: "70:70"
            read_only: true
            cap_drop: [ALL]
            security_opt: ["no-new-privileges:true"]
            devices: ["/dev/ttyUSB0:/dev/ttyUSB0"]
            tmpfs: /tmp
        volumes: {data: }
        configs: {app: {file: nginx.conf}, inline: {content: hello}}
        secrets: {token: {external: true}}
        """), ("nginx.conf", "worker_processes 1;\n")));

    [Fact]
    public void An_inline_pod_is_a_template_like_any_other_field()
    {
        var group = Compiled($"pod:\n  objects:\n    - {{apiVersion: v1, kind: Pod, spec: {{containers: [{{name: a, image: 'registry.example/a@{Digest}', args: ['{{{{ node.name }}}}']}}]}}}}");

        Assert.Equal(["n1"], group.Containers[0].Command);
    }

    [Fact]
    public void A_volume_is_required_and_must_be_on_the_node()
    {
        var pod = $"pod:\n  objects:\n    - {{apiVersion: v1, kind: Pod, spec: {{volumes: [{{name: v, persistentVolumeClaim: {{claimName: data}}}}], containers: [{{name: a, image: 'registry.example/a@{Digest}'}}]}}}}";
        var unit = Unit(Surroundings, pod);
        Assert.Equal([UnitId.Parse("volume/data")], unit.Requires);

        var elsewhere = Trees.Node("n2", labels: "{role: other}") + Trees.Resource("Volume", "data", "placement: {matchLabels: {role: other}}\npath: /srv/data");
        var findings = Trees.Rejected(Tree(elsewhere, pod));
        Assert.Contains(findings, finding => finding.Code == ManifestCodes.RequirementElsewhere);
    }

    [Fact]
    public void A_port_of_the_node_is_claimed()
    {
        var compose = $"compose:\n  inline: {{services: {{a: {{image: 'registry.example/a@{Digest}', ports: ['8080:80']}}}}}}";
        var other = Trees.Resource("Workload", "other", "placement: {all: true}\nprocess: {command: [/bin/x], ports: [8080]}");

        Assert.Contains(Trees.Rejected(Tree(other, compose)), finding => finding.Code == ManifestCodes.PortClaimedTwice);
    }

    [Fact]
    public void A_service_comes_after_what_it_depends_on_and_once()
    {
        var compose = $"compose:\n  inline: {{services: {{app: {{image: 'registry.example/a@{Digest}', depends_on: [db]}}, db: {{image: 'registry.example/a@{Digest}'}}}}}}";
        Assert.Equal(["db", "app"], Compiled(compose).Containers.Select(container => container.Name));
    }

    private static string Group(string spec, params (string Path, string Text)[] files)
    {
        var bytes = Bundle.Of([Unit(Surroundings, spec, files)]).ToBytes();
        using var document = JsonDocument.Parse(bytes);
        return Indented(document.RootElement);
    }

    private static ContainerGroupSpec Compiled(string spec) => ((WorkloadSpec)Unit(Surroundings, spec).Spec).Containers!;

    private static Unit Unit(string more, string spec, params (string Path, string Text)[] files) =>
        Trees.Compiled(Tree(more, spec, files)).Nodes[0].Bundle.Units.Single(unit => unit.Id == UnitId.Parse("workload/app"));

    private static IReadOnlyList<SourceFile> Tree(string more, string spec, params (string Path, string Text)[] files) =>
    [
        .. Trees.OneNode(more, Trees.Resource("Workload", "app", "placement: {all: true}\n" + spec)),
        .. files.Select(file => new SourceFile(file.Path, System.Text.Encoding.UTF8.GetBytes(file.Text.Replace("DIGEST", Digest, StringComparison.Ordinal)))),
    ];

    private static string Indented(JsonElement element)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            element.WriteTo(writer);
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
