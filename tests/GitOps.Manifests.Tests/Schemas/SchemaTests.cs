using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Schemas;
using GitOps.Manifests.Yaml;
using NJsonSchema;

namespace GitOps.Manifests.Tests.Schemas;

public sealed class SchemaTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", ".."));

    private static readonly Lazy<Task<Dictionary<string, JsonSchema>>> ByKind = new(async () =>
    {
        var schemas = new Dictionary<string, JsonSchema>(StringComparer.Ordinal);
        foreach (var kind in KindShapes.All)
        {
            schemas[kind.Kind.ToString()] = await JsonSchema.FromJsonAsync(JsonSchemas.OfKind(kind).Text);
        }

        return schemas;
    });

    [Fact]
    public void The_schemas_in_the_repository_are_those_of_the_shapes()
    {
        var folder = Path.Combine(Root, "manifests", "schemas");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(folder);
            foreach (var old in Directory.GetFiles(folder))
            {
                File.Delete(old);
            }

            foreach (var schema in JsonSchemas.All)
            {
                File.WriteAllText(Path.Combine(folder, schema.Name), schema.Text);
            }
        }

        Assert.Equal(
            JsonSchemas.All.Select(schema => schema.Name).Order(StringComparer.Ordinal),
            Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.All(JsonSchemas.All, schema => Assert.Equal(schema.Text, File.ReadAllText(Path.Combine(folder, schema.Name))));
    }

    [Fact]
    public void The_schema_of_the_repository_chooses_that_of_the_kind()
    {
        using var whole = JsonDocument.Parse(JsonSchemas.All.Single(schema => schema.Name == JsonSchemas.WholeName).Text);
        var choices = whole.RootElement.GetProperty("allOf").EnumerateArray().ToDictionary(
            choice => choice.GetProperty("if").GetProperty("properties").GetProperty("kind").GetProperty("const").GetString()!,
            choice => choice.GetProperty("then").GetProperty("$ref").GetString()!);
        Assert.Equal(KindShapes.All.Count, choices.Count);
        foreach (var kind in KindShapes.All)
        {
            using var alone = JsonDocument.Parse(JsonSchemas.OfKind(kind).Text);
            var chosen = choices[kind.Kind.ToString()]["#/definitions/".Length..];
            var definition = whole.RootElement.GetProperty("definitions").GetProperty(chosen);
            Assert.All(definition.EnumerateObject(), member =>
                Assert.True(JsonElement.DeepEquals(member.Value, alone.RootElement.GetProperty(member.Name)), $"{kind.Kind}.{member.Name}"));
        }
    }

    [Fact]
    public async Task Every_document_of_the_examples_fits_its_schema()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Root, "examples"), "*.yaml", SearchOption.AllDirectories).ToArray();
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            await FitsAsync(new(Path.GetRelativePath(Root, file), File.ReadAllBytes(file)));
        }
    }

    [Fact]
    public async Task Every_document_that_the_parser_takes_fits_its_schema()
    {
        var fixtures = Directory.EnumerateFiles(Path.Combine(Root, "tests", "GitOps.Manifests.Tests", "findings"), "*.yaml")
            .Select(path => new SourceFile(Path.GetFileName(path), File.ReadAllBytes(path)))
            .Concat(Fleets.Example.Files.Where(file => file.Path.EndsWith(".yaml", StringComparison.Ordinal)));
        var taken = fixtures.Where(file => ManifestParser.ParseFile(file).Findings.All(finding => finding.Severity != Severity.Error)).ToArray();
        Assert.True(taken.Length > 10, $"only {taken.Length} fixtures are valid by themselves");
        foreach (var file in taken)
        {
            await FitsAsync(file);
        }
    }

    [Theory]
    [InlineData("Workload", "placement: {all: true}, process: {command: [a], cmd: [b]}", "cmd")]
    [InlineData("Workload", "placement: {all: true}, process: {command: a}", "command")]
    [InlineData("Workload", "process: {command: [a]}", "placement")]
    [InlineData("Workload", "placement: {all: true}, process: {command: [a], ports: [70000]}", "ports")]
    [InlineData("Workload", "placement: {all: \"{{ values.x }}\"}, process: {command: [a]}", "all")]
    [InlineData("Volume", "placement: {all: true}, path: srv/data", "path")]
    [InlineData("Volume", "placement: {all: true}, path: /srv/../data", "path")]
    [InlineData("Volume", "placement: {all: true}, path: /srv/data, size: ten", "size")]
    [InlineData("Volume", "placement: {all: true}, path: /srv/data, onFull: explode", "onFull")]
    [InlineData("Volume", "placement: {all: true}, path: /srv/data, retention: {maxAge: 5 days}", "maxAge")]
    [InlineData("ConfigFile", "placement: {all: true}, path: /srv/x, content: a, mode: \"9999\"", "mode")]
    [InlineData("ConfigFile", "placement: {all: true}, path: /srv/x, content: a, requires: [disk/x]", "requires")]
    [InlineData("Fleet", "uid: 12", "uid")]
    [InlineData("Fleet", "uid: 5b2f8f5e-6f0d-4f0a-9a4e-2f1f6f8f7c01, trust: {}", "trust")]
    [InlineData("EdgeNode", "site: Berlin", "site")]
    [InlineData("Device", "node: a, model: b, desired: {\"a b\": 1}", "desired")]
    public async Task What_is_wrong_in_a_document_is_caught(string kind, string spec, string field)
    {
        var document = Read(new("x.yaml", Encoding.UTF8.GetBytes(
            $"apiVersion: gitops.edge/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{{spec}}}\n"))).Single();
        var errors = (await ByKind.Value)[kind].Validate(Json(document));
        Assert.Contains(errors, error => error.ToString().Contains(field, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("mode: \"{{ values.mode }}\"")]
    [InlineData("adopt: \"{{ values.adopt }}\"")]
    [InlineData("owner: {$value: values.owner}")]
    public async Task A_template_may_stand_where_templates_are_rendered(string field)
    {
        var document = Read(new("x.yaml", Encoding.UTF8.GetBytes(
            "apiVersion: gitops.edge/v1\nkind: ConfigFile\nmetadata: {name: a}\n" +
            $"spec: {{placement: {{all: true}}, path: \"{{{{ values.path }}}}\", content: a, {field}}}\n"))).Single();
        Assert.Empty((await ByKind.Value)["ConfigFile"].Validate(Json(document)));
    }

    [Theory]
    [InlineData("services: {a: {image: a, restart: always, ports: [\"80:80\", {target: 443}], environment: {A: 1}, x-team: {b: c}}}", null)]
    [InlineData("services: {x-base: {b: c}, a: {image: \"${IMAGE}\", restart: \"${RESTART}\", depends_on: [b], healthcheck: {$value: check}}}, version: 3", null)]
    [InlineData("services: {a: {imag: a}}", "imag")]
    [InlineData("services: {a: {image: a, healthcheck: {tset: b}}}", "tset")]
    [InlineData("services: {a: {image: a, privileged: true, build: .}}", "build")]
    public async Task A_compose_file_in_a_manifest_has_its_fields_checked(string compose, string? wrong) =>
        Verdict((await ByKind.Value)["Workload"].Validate(Json(Read(new("x.yaml", Encoding.UTF8.GetBytes(
            "apiVersion: gitops.edge/v1\nkind: Workload\nmetadata: {name: a}\n" +
            $"spec: {{placement: {{all: true}}, compose: {{inline: {{{compose}}}}}}}\n"))).Single())), wrong);

    [Theory]
    [InlineData("Pod", "apiVersion: v1, metadata: {name: a, namespace: b}, spec: {containers: [{name: a, image: a, env: [{name: A, value: 5}]}]}, status: {}", null)]
    [InlineData("Pod", "apiVersion: v1, spec: {containers: [{name: a, image: a, livenessProbe: {httpGet: {port: \"{{ values.port }}\"}}}]}", null)]
    [InlineData("Pod", "apiVersion: v1, spec: {containres: []}", "containres")]
    [InlineData("Deployment", "apiVersion: apps/v1, spec: {replicas: 1, template: {spec: {containers: []}}}", null)]
    [InlineData("Deployment", "apiVersion: apps/v1, spec: {containers: []}", "containers")]
    [InlineData("DaemonSet", "apiVersion: apps/v1, spec: {template: {spec: {nodeSelector: {a: b}}}}", "nodeSelector")]
    [InlineData("ConfigMap", "apiVersion: v1, metadata: {name: a}, data: {a: b}", null)]
    public async Task A_kubernetes_object_in_a_manifest_has_the_fields_of_its_kind_checked(string kind, string members, string? wrong)
    {
        using var workload = JsonDocument.Parse(JsonSchemas.All.Single(schema => schema.Name == "Workload.json").Text);
        var pod = workload.RootElement.GetProperty("properties").GetProperty("spec").GetProperty("properties").GetProperty("pod");
        var item = pod.GetProperty("anyOf")[0].GetProperty("properties").GetProperty("objects").GetProperty("anyOf")[0].GetProperty("items").GetProperty("anyOf")[0];
        var chosen = item.GetProperty("allOf").EnumerateArray()
            .Single(choice => choice.GetProperty("if").GetProperty("properties").GetProperty("kind").GetProperty("const").GetString() == kind);
        var schema = await JsonSchema.FromJsonAsync(
            $$"""{"definitions": {{workload.RootElement.GetProperty("definitions").GetRawText()}}, "allOf": [{{chosen.GetProperty("then").GetRawText()}}]}""",
            TestContext.Current.CancellationToken);

        Verdict(schema.Validate(Json(Read(new("x.yaml", Encoding.UTF8.GetBytes($"{{kind: {kind}, {members}}}\n"))).Single())), wrong);
    }

    private static void Verdict(ICollection<NJsonSchema.Validation.ValidationError> errors, string? wrong)
    {
        if (wrong is null)
        {
            Assert.Empty(errors);
        }
        else
        {
            Assert.Contains(errors, error => error.ToString().Contains(wrong, StringComparison.Ordinal));
        }
    }

    private static async Task FitsAsync(SourceFile file)
    {
        var schemas = await ByKind.Value;
        foreach (var document in Read(file).OfType<YamlNode.Mapping>())
        {
            if (document.TryGet("apiVersion", out var version) && version is YamlNode.Scalar { Text: "gitops.edge/v1" } &&
                document.TryGet("kind", out var kind) && kind is YamlNode.Scalar { Text: var name })
            {
                var errors = schemas[name].Validate(Json(document));
                Assert.True(errors.Count == 0, $"{file.Path}: {string.Join("; ", errors)}");
            }
        }
    }

    private static System.Collections.Immutable.ImmutableArray<YamlNode> Read(SourceFile file)
    {
        var findings = new FindingList();
        return YamlReader.Read(file, YamlLimits.Default, findings);
    }

    private static string Json(YamlNode node)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            Write(writer, node);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter writer, YamlNode node)
    {
        switch (node)
        {
            case YamlNode.Mapping mapping:
                writer.WriteStartObject();
                foreach (var entry in mapping.Entries)
                {
                    writer.WritePropertyName(entry.Key);
                    Write(writer, entry.Value);
                }

                writer.WriteEndObject();
                break;
            case YamlNode.Sequence sequence:
                writer.WriteStartArray();
                foreach (var item in sequence.Items)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case YamlNode.Scalar { IsPlain: true } scalar when PlainScalar.IsNull(scalar.Text):
                writer.WriteNullValue();
                break;
            case YamlNode.Scalar { IsPlain: true } scalar when PlainScalar.TryBool(scalar.Text, out var boolean):
                writer.WriteBooleanValue(boolean);
                break;
            case YamlNode.Scalar { IsPlain: true } scalar when PlainScalar.TryNumber(scalar.Text, out var number):
                writer.WriteNumberValue(number);
                break;
            case YamlNode.Scalar scalar:
                writer.WriteStringValue(scalar.Text);
                break;
        }
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
