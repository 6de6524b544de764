using System.Security.Cryptography;
using System.Text;
using GitOps.Bundles.Enrolment;
using GitOps.Manifests;
using GitOps.Manifests.EdgeX;
using GitOps.Manifests.KubeEdge;
using GitOps.Manifests.Sops;
using GitOps.Platform.Age;
using GitOps.Platform.Tls;
using GitOps.Reconciler.Compile;

namespace GitOps.Fuzz;

/// <summary>
/// What reads bytes that somebody else wrote. Each takes any input and either answers or throws; a throw, an endless loop
/// or memory without end is what is looked for.
/// </summary>
internal static class Targets
{
    private const string Fleet = """
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata: {name: f}
        spec:
          uid: 11111111-2222-3333-4444-555555555555
          values: {port: 8080, name: web, list: [a, b], deep: {inner: {n: 1.5}}}
        ---
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata: {name: n1, labels: {role: press}}
        spec: {}

        """;

    private const string Table = Fleet + """
        ---
        apiVersion: gitops.edge/v1
        kind: NodeInventory
        metadata: {name: t}
        spec: {source: nodes.csv}
        """;

    private const string Template = Fleet + """
        ---
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata: {name: c}
        spec: {placement: {all: true}, path: /srv/c, source: c.txt.sbn}
        """;

    private const string Import = Fleet + """
        ---
        apiVersion: gitops.edge/v1
        kind: DeviceImport
        metadata: {name: i}
        spec: {node: n1, from: [./d], broker: "mqtt://10.0.0.1:1883"}
        """;

    private const string Profile = """
        name: p
        deviceResources:
          - {name: t, properties: {valueType: Int16, readWrite: RW}, attributes: {primaryTable: HOLDING_REGISTERS, startingAddress: 1}}
        """;

    public static IReadOnlyDictionary<string, Action<byte[]>> All { get; } = new SortedDictionary<string, Action<byte[]>>(StringComparer.Ordinal)
    {
        ["age"] = Age,
        ["sops"] = bytes => SopsDocument.Read(new SourceFile("secrets.yaml", bytes)),
        ["csr"] = bytes => SigningRequest.TryRead(PemEncoding.WriteString("CERTIFICATE REQUEST", bytes)),
        ["enrolment"] = Enrol,
        ["yaml"] = bytes => Compile(("fleet.yaml", Encoding.UTF8.GetBytes(Fleet)), ("input.yaml", bytes)),
        ["table"] = bytes => Compile(("fleet.yaml", Encoding.UTF8.GetBytes(Table)), ("nodes.csv", bytes)),
        ["template"] = bytes => Compile(("fleet.yaml", Encoding.UTF8.GetBytes(Template)), ("c.txt.sbn", bytes)),
        ["edgex"] = bytes => EdgeX("input.yaml", bytes),
        ["toml"] = bytes => EdgeX("input.toml", bytes),
        ["kubeedge"] = KubeEdge,
        ["pointer"] = NetworkTargets.Pointer,
        ["trust"] = NetworkTargets.Trust,
        ["bundle"] = NetworkTargets.Bundle,
        ["report"] = NetworkTargets.Report,
        ["values"] = NetworkTargets.Values,
    };

    /// <summary>Made by the first input: instrumented code has nowhere to write to before the fuzzer runs.</summary>
    private static readonly Lazy<AgeIdentity> Identity = new(AgeIdentity.Generate);

    private static void Age(byte[] bytes)
    {
        var (opening, why) = (AgeFile.Open(bytes, Identity.Value), AgeFile.WhyNot(bytes));
        if (opening is AgeOpening.Opened || (opening is AgeOpening.Malformed) != (why is not null))
        {
            throw new InvalidOperationException("what nobody can open is malformed for everybody");
        }
    }

    /// <summary>What a stranger may send to the control plane, and what a control plane may answer.</summary>
    private static void Enrol(byte[] bytes)
    {
        if (EnrolmentJson.TryReadEnrolRequest(bytes) is { } request)
        {
            SigningRequest.TryRead(request.Csr);
            AgeRecipient.TryParse(request.SealRecipient);
        }

        EnrolmentJson.TryReadRenewRequest(bytes);
        EnrolmentJson.TryReadEnrolAnswer(bytes);
        EnrolmentJson.TryReadRenewAnswer(bytes);
        EnrolmentJson.TryReadAuthorities(bytes);
    }

    private static void EdgeX(string path, byte[] bytes)
    {
        foreach (var kind in Enum.GetValues<EdgeXKind>())
        {
            EdgeXVerdicts.Of(new SourceFile(path, bytes), kind);
        }

        Compile(("fleet.yaml", Encoding.UTF8.GetBytes(Import)), ("d/profile.yaml", Encoding.UTF8.GetBytes(Profile)), ($"d/{path}", bytes));
    }

    private static void KubeEdge(byte[] bytes)
    {
        KubeEdgeVerdicts.Of(new SourceFile("input.yaml", bytes));
        Compile(("fleet.yaml", Encoding.UTF8.GetBytes(Import)), ("d/input.yaml", bytes));
    }

    private static void Compile(params (string Path, byte[] Bytes)[] files)
    {
        var sources = files.Select(file => new SourceFile(file.Path, file.Bytes)).ToList();
        var findings = FleetCompiler.Compile(sources, new CompileOptions { MaxParallelism = 1 }) switch
        {
            CompileResult.Rejected(var all) => all,
            CompileResult.Compiled(_, var warnings) => warnings,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (findings.FirstOrDefault(f => f.Span.File is null || f.Span.Line < 1 || f.What.Length == 0 || f.Fix.Length == 0) is { } poor)
        {
            throw new InvalidOperationException($"a finding without a place, a reason or a fix: {poor}");
        }
    }
}
