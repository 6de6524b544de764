using System.Text;
using System.Text.Json;
using GitOps.Bundles;
using GitOps.Manifests;
using GitOps.Reconciler.Compile;

namespace GitOps.Reconciler.Tests;

/// <summary>Small source trees and what comes out of them.</summary>
internal static class Trees
{
    public const string Fleet = """
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata: {name: demo}
        spec:
          uid: 11111111-2222-3333-4444-555555555555
          values: {port: 8080, name: web, greeting: Hello, list: [a, b], deep: {inner: {n: 1.5}}}
        """;

    public static SourceFile File(string path, string text) => new(path, Encoding.UTF8.GetBytes(text));

    public static string Node(string name, string spec = "{}", string labels = "{}") => $$"""

        ---
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata: {name: {{name}}, labels: {{labels}}}
        spec: {{spec}}
        """;

    public static string Resource(string kind, string name, string spec) => $$"""

        ---
        apiVersion: gitops.edge/v1
        kind: {{kind}}
        metadata: {name: {{name}}}
        spec:
        {{string.Join('\n', spec.Split('\n').Select(line => "  " + line))}}
        """;

    /// <summary>A fleet of one node n1 and what else is given, all in fleet.yaml.</summary>
    public static List<SourceFile> OneNode(params string[] resources) =>
        [File("fleet.yaml", Fleet + Node("n1") + string.Concat(resources))];

    /// <summary>A ConfigFile with the content as a block scalar that begins at fleet.yaml:23:5.</summary>
    public static string ConfigFile(string name, string content) => Resource("ConfigFile", name, $"""
        placement: {"{all: true}"}
        path: /etc/{name}
        content: |
        {string.Join('\n', content.Split('\n').Select(line => "  " + line))}
        """);

    public static FleetBundles Compiled(IReadOnlyList<SourceFile> files, CompileOptions? options = null) =>
        FleetCompiler.Compile(files, options) switch
        {
            CompileResult.Compiled(var bundles, _) => bundles,
            CompileResult.Rejected(var findings) => throw new Xunit.Sdk.XunitException(Text(findings)),
            _ => throw new InvalidOperationException(),
        };

    public static IReadOnlyList<Finding> Rejected(IReadOnlyList<SourceFile> files) =>
        FleetCompiler.Compile(files) is CompileResult.Rejected(var findings)
            ? findings
            : throw new Xunit.Sdk.XunitException("the tree compiles: " + Trees.Json(((CompileResult.Compiled)FleetCompiler.Compile(files)).Bundles.Nodes[0]));

    public static string Text(IEnumerable<Finding> findings) => string.Join('\n', findings.Select(f => f.ToText())) + "\n";

    /// <summary>The bundle as people read it in a golden.</summary>
    public static string Json(NodeBundle node)
    {
        using var document = JsonDocument.Parse(node.Bytes);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions
        {
            Indented = true,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            document.RootElement.WriteTo(writer);
        }

        return $"// {node.Node} {node.Digest}\n{Encoding.UTF8.GetString(buffer.ToArray())}\n";
    }

    /// <summary>Everything a compilation gives, in one text.</summary>
    public static string Fingerprint(IReadOnlyList<SourceFile> files, CompileOptions? options = null) =>
        Fingerprint(FleetCompiler.Compile(files, options));

    public static string Fingerprint(CompileResult result) =>
        result switch
        {
            CompileResult.Compiled(var bundles, var warnings) => string.Join('\n',
                bundles.Nodes.Select(node => $"{node.Node} {node.Site} {node.Digest} {Digest.Of(node.Bytes.Span)} {node.Suspended} {node.Moves}")
                    .Concat(bundles.Blobs.Select(blob => $"{blob.Key} {Digest.Of(blob.Value.Span)}"))
                    .Append(Text(warnings))),
            CompileResult.Rejected(var findings) => Text(findings),
            _ => throw new InvalidOperationException(),
        };

    /// <summary>The text of the only part of a file's content.</summary>
    public static string ContentOf(FleetBundles bundles, string node, string file)
    {
        Assert.True(bundles.TryGet(node, out var found));
        var spec = (Bundles.Units.FileSpec)found.Bundle.Units.Single(unit => unit.Id == new UnitId("file", file)).Spec;
        return ((Bundles.Units.ContentPart.Text)Assert.Single(spec.Content)).Value;
    }
}
