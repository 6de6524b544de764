namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary>Manifests as tests need them.</summary>
internal static class Yaml
{
    public const string Uid = "5b2f8f5e-6f0d-4f0a-9a4e-2f1f6f8f7c01";

    /// <summary>The whole fleet.</summary>
    /// <param name="more">Further lines of the spec.</param>
    public static string Fleet(string strategy = "allAtOnce", params string[] more) => $$"""
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata: {name: test}
        spec:
          uid: {{Uid}}
          rollout: {strategy: {{strategy}}, healthTimeout: 60s}
          {{string.Join("\n  ", more)}}

        """;

    /// <summary>A node, with where its files go as the value <c>root</c>.</summary>
    public static string Node(string name, string root) => $$"""
        ---
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata: {name: {{name}}}
        spec:
          values: {root: {{root}}}

        """;

    /// <summary>A site with what its link may be used for.</summary>
    public static string Site(string name, string uplink) => $$"""
        ---
        apiVersion: gitops.edge/v1
        kind: Site
        metadata: {name: {{name}}}
        spec: {uplink: {{uplink}}}

        """;

    /// <summary>A file on every node.</summary>
    public static string File(string name, string content, bool adopt = false) => $$"""
        ---
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata: {name: {{name}}}
        spec:
          placement: {all: true}
          path: "{{"{{"}} values.root {{"}}"}}/{{name}}"
          content: {{Quote(content)}}
          adopt: {{(adopt ? "true" : "false")}}

        """;

    /// <summary>
    /// A process on every node that counts on a volume, and notices by a lock when two of it run: then the file <c>twice</c>
    /// is there. The lock is closed for what it starts, so that only the shell itself holds it.
    /// </summary>
    /// <param name="version">Changes the program.</param>
    /// <param name="body">What it does first.</param>
    public static string Counter(string version, string body = ":", string requires = "[volume/data]") => $$"""
        ---
        apiVersion: gitops.edge/v1
        kind: Workload
        metadata: {name: counter}
        spec:
          placement: {all: true}
          requires: {{requires}}
          process:
            command: [./counter.sh]
            files:
              - name: counter.sh
                mode: "0755"
                content: |
                  #!/bin/sh
                  # {{version}}
                  {{body}}
                  exec 9>>"$DATA/alone"
                  flock -n 9 || { echo "{{version}}" >>"$DATA/twice"; exit 1; }
                  while :; do
                    count=$(($(cat "$DATA/count" 9>&- 2>/dev/null || echo 0) + 1))
                    echo "$count {{version}}" >"$DATA/said"
                    echo "$count" >"$DATA/count.new" && mv "$DATA/count.new" "$DATA/count" 9>&-
                    sleep 0.1 9>&-
                  done
            env:
              DATA: "{{"{{"}} values.root {{"}}"}}/data"
              PATH: /usr/bin:/bin
            backoff: {initial: 200ms, max: 1s}

        """;

    /// <summary>A process on every node that does nothing and never ends.</summary>
    public static string Sleeper(string name) => $$"""
        ---
        apiVersion: gitops.edge/v1
        kind: Workload
        metadata: {name: {{name}}}
        spec:
          placement: {all: true}
          process:
            command: [./run.sh]
            files:
              - {name: run.sh, mode: "0755", content: "#!/bin/sh\nexec sleep 100000\n"}

        """;

    /// <summary>A volume on every node.</summary>
    public static string Volume => VolumeOf("data");

    /// <summary>A volume on every node.</summary>
    public static string VolumeOf(string name) => $$"""
        ---
        apiVersion: gitops.edge/v1
        kind: Volume
        metadata: {name: {{name}}}
        spec:
          placement: {all: true}
          path: "{{"{{"}} values.root {{"}}"}}/{{name}}"
          size: 10Mi

        """;

    /// <summary>The clock of every node, measured against a server on loopback.</summary>
    public static string Clock(int port) => $$"""
        ---
        apiVersion: gitops.edge/v1
        kind: TimeSync
        metadata: {name: site-time}
        spec:
          placement: {all: true}
          servers:
            - {address: 127.0.0.1, port: {{port}}}
          maxError: 500ms

        """;

    private static string Quote(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}
