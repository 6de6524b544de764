using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using GitOps.Bundles;
using GitOps.Manifests.Registrations;
using GitOps.TestKit.Kubernetes;
using NJsonSchema;

namespace GitOps.Manifests.Tests.Registrations;

/// <summary>The definition in <c>manifests/crds</c> and the types that programs use say the same.</summary>
public sealed class EdgeRegistrationTests
{
    private static readonly JsonObject Definition = Assert.Single(YamlJson.Read("crd.yaml", EdgeRegistration.Definition));
    private static readonly JsonObject Version = Definition["spec"]!["versions"]!.AsArray().Single()!.AsObject();
    private static readonly JsonObject Schema = Version["schema"]!["openAPIV3Schema"]!.AsObject();
    private static readonly string Hash = EnrolmentText.HashOf(EnrolmentText.Of(new byte[EnrolmentText.SecretBytes]));

    [Fact]
    public void It_is_named_as_the_types_name_it()
    {
        var (spec, names) = (Definition["spec"]!, Definition["spec"]!["names"]!);
        Assert.Equal("apiextensions.k8s.io/v1", Text(Definition["apiVersion"]));
        Assert.Equal($"{EdgeRegistration.Plural}.{EdgeRegistration.Group}", Text(Definition["metadata"]!["name"]));
        Assert.Equal(EdgeRegistration.Group, Text(spec["group"]));
        Assert.Equal("Namespaced", Text(spec["scope"]));
        Assert.Equal(EdgeRegistration.Kind, Text(names["kind"]));
        Assert.Equal($"{EdgeRegistration.Kind}List", Text(names["listKind"]));
        Assert.Equal(EdgeRegistration.Plural, Text(names["plural"]));
        Assert.Equal(EdgeRegistration.Version, Text(Version["name"]));
        Assert.Equal($"{EdgeRegistration.Group}/{EdgeRegistration.Version}", EdgeRegistration.ApiVersion);
        Assert.NotNull(Version["subresources"]!["status"]);
    }

    [Fact]
    public void Spec_and_status_have_the_members_of_the_types()
    {
        AssertMembers(typeof(EdgeRegistrationSpec), Schema["properties"]!["spec"]!);
        // A status is written member by member, and the conditions of others may come first: nothing in it is demanded.
        AssertMembers(typeof(EdgeRegistrationStatus), Schema["properties"]!["status"]!, isRequiredChecked: false);
        AssertMembers(typeof(RegistrationCondition), Schema["properties"]!["status"]!["properties"]!["conditions"]!["items"]!);
    }

    /// <summary>What the API server refuses otherwise: a schema that is not structural.</summary>
    [Fact]
    public void Every_part_of_the_schema_says_its_type() => AssertStructural(Schema, "openAPIV3Schema");

    [Fact]
    public void Every_column_points_into_the_schema_or_the_metadata() => Assert.All(
        Version["additionalPrinterColumns"]!.AsArray(),
        column =>
        {
            var path = Text(column!["jsonPath"]).Split(['.', '['], StringSplitOptions.RemoveEmptyEntries);
            Assert.True(path[0] == "metadata" || Schema["properties"]![path[0]]!["properties"]![path[1]] is not null, string.Join('.', path));
        });

    [Fact]
    public async Task What_is_not_a_registration_is_refused()
    {
        Assert.Equal("", await WrongAsync(_ => { }));
        Assert.Equal("", await WrongAsync(spec => (spec["expires"], spec["suspended"]) = ("2027-01-01T00:00:00Z", true)));
        Assert.Equal("#/spec.node", await WrongAsync(spec => spec["node"] = "Press_1"));
        Assert.Equal("#/spec.node", await WrongAsync(spec => spec["node"] = new string('a', 64)));
        Assert.Equal("#/spec.tokenHash", await WrongAsync(spec => spec["tokenHash"] = "get1_abc"));
        Assert.Equal("#/spec.tokenHash", await WrongAsync(spec => spec.Remove("tokenHash")));
        Assert.Equal("#/spec.suspended", await WrongAsync(spec => spec["suspended"] = "yes"));
    }

    [Fact]
    public void A_token_is_256_bits_behind_a_prefix_and_its_hash_is_that_of_its_text()
    {
        var token = EnrolmentText.Of([.. Enumerable.Range(0, EnrolmentText.SecretBytes).Select(i => (byte)(i * 8))]);
        Assert.Equal("get1_AAgQGCAoMDhASFBYYGhweICIkJigqLC4wMjQ2ODo8Pg", token);
        Assert.Equal(HashByOpenSsl, EnrolmentText.HashOf(token));
        Assert.Throws<ArgumentException>(() => EnrolmentText.Of(new byte[31]));
    }

    // printf %s TOKEN | openssl dgst -sha256
    private const string HashByOpenSsl = "sha256:345f246401ba2d67026e8e1ed8b3148d4d59627320f8b3dbbeca890b1a5ebad8";

    private static void AssertMembers(Type type, JsonNode schema, bool isRequiredChecked = true)
    {
        var context = new NullabilityInfoContext();
        var members = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(member => member.CanWrite).ToList();
        var properties = schema["properties"]!.AsObject();
        Assert.Equal(
            members.Select(member => JsonNamingPolicy.CamelCase.ConvertName(member.Name)).Order(StringComparer.Ordinal),
            properties.Select(property => property.Key).Order(StringComparer.Ordinal));
        Assert.All(members, member => Assert.Equal(
            TypeOf(member.PropertyType), (Text(properties[Name(member)]!["type"]), properties[Name(member)]!["format"]?.GetValue<string>())));
        if (isRequiredChecked)
        {
            Assert.Equal(
                members.Where(member => context.Create(member).WriteState == NullabilityState.NotNull).Select(Name).Order(StringComparer.Ordinal),
                schema["required"]!.AsArray().Select(Text).Order(StringComparer.Ordinal));
        }

        static string Name(PropertyInfo member) => JsonNamingPolicy.CamelCase.ConvertName(member.Name);
    }

    private static (string Type, string? Format) TypeOf(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var text when text == typeof(string) => ("string", null),
        var flag when flag == typeof(bool) => ("boolean", null),
        var number when number == typeof(long) => ("integer", "int64"),
        var time when time == typeof(DateTimeOffset) => ("string", "date-time"),
        var list when list.IsGenericType && list.GetGenericTypeDefinition() == typeof(EquatableArray<>) => ("array", null),
        var other => throw new NotSupportedException(other.Name),
    };

    private static void AssertStructural(JsonNode schema, string path)
    {
        Assert.True(schema["type"] is not null, $"{path} has no type");
        Assert.All(schema["x-kubernetes-validations"]?.AsArray() ?? [], rule =>
        {
            Assert.StartsWith("self.", Text(rule!["rule"]), StringComparison.Ordinal);
            Assert.NotEqual("", Text(rule["message"]));
        });
        foreach (var (name, property) in schema["properties"]?.AsObject() ?? [])
        {
            AssertStructural(property!, $"{path}.{name}");
        }

        if (schema["items"] is { } items)
        {
            AssertStructural(items, $"{path}[]");
        }
    }

    private static async Task<string> WrongAsync(Action<JsonObject> change)
    {
        var spec = new JsonObject { ["node"] = "press-1", ["fleet"] = "2e3fb2c5-8c7c-4b6a-9a33-5ad9c1f3b3c1", ["tokenHash"] = Hash };
        change(spec);
        var schema = await JsonSchema.FromJsonAsync(Schema.ToJsonString());
        var document = new JsonObject
        {
            ["apiVersion"] = EdgeRegistration.ApiVersion,
            ["kind"] = EdgeRegistration.Kind,
            ["metadata"] = new JsonObject { ["name"] = "press-1" },
            ["spec"] = spec,
        };
        return string.Join(' ', schema.Validate(document.ToJsonString()).Select(error => error.Path).Distinct());
    }

    private static string Text(JsonNode? node) => node!.GetValue<string>();
}
