namespace GitOps.ControlPlane.Tests.Reconciling;

/// <summary>Fleet repositories in a few lines.</summary>
internal static class Fleets
{
    public static readonly string[] Names = ["n1", "n2", "n3"];

    public static (string, string) Fleet(string strategy = "allAtOnce", int limit = 10, string more = "", string uid = ControlPlane.Fleet) => ("fleet.yaml",
        $"""
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata: {OpenBrace}name: test{CloseBrace}
        spec:
          uid: {uid}
          rollout: {OpenBrace}strategy: {strategy}, healthTimeout: 60s{CloseBrace}
          removal: {OpenBrace}limit: {limit}{CloseBrace}
          {more}
        """);

    public static (string, string) Nodes(params string[] names) => ("nodes.yaml", string.Concat(
        names.Prepend("site").Select(name => name == "site"
            ? "apiVersion: gitops.edge/v1\nkind: Site\nmetadata: {name: hall}\nspec: {timeZone: Europe/Berlin}\n"
            : $"---\napiVersion: gitops.edge/v1\nkind: EdgeNode\nmetadata: {OpenBrace}name: {name}{CloseBrace}\nspec: {OpenBrace}site: hall{CloseBrace}\n")));

    /// <summary>A file on every node.</summary>
    public static (string, string) Motd(string text, string name = "motd") => ($"{name}.yaml",
        $"""
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata: {OpenBrace}name: {name}{CloseBrace}
        spec:
          placement: {OpenBrace}all: true{CloseBrace}
          path: /etc/{name}
          content: "{text}"
        """);

    /// <summary>A device behind one node.</summary>
    public static (string, string) Device(string node, string name = "plc") => ($"{name}.yaml",
        $"""
        apiVersion: gitops.edge/v1
        kind: DeviceModel
        metadata: {OpenBrace}name: of-{name}{CloseBrace}
        spec: {OpenBrace}protocol: simulated, properties: [{OpenBrace}name: level, type: int32{CloseBrace}]{CloseBrace}
        ---
        apiVersion: gitops.edge/v1
        kind: Device
        metadata: {OpenBrace}name: {name}{CloseBrace}
        spec: {OpenBrace}node: {node}, model: of-{name}{CloseBrace}
        """);

    private const string OpenBrace = "{";
    private const string CloseBrace = "}";
}
