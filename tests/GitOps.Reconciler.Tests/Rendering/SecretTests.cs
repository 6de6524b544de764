using CsCheck;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Manifests.State;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Rendering;
using GitOps.Reconciler.Targeting;
using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Rendering;

public sealed class SecretTests
{
    private static readonly string Secrets =
        Trees.Resource("Secret", "db", "placement: {all: true}\nfile: /etc/secrets/db\nkeys: [user, password]\nversion: \"1\"")
        + Trees.Resource("Secret", "token", "placement: {all: true}\nfile: /etc/secrets/token\nversion: \"1\"");

    [Fact]
    public void A_hole_stands_between_the_text_around_it()
    {
        var parts = Content("user={{ secret \"db/user\" }};{{ secret \"token\" }}{{ secret \"token/value\" }}.");
        Assert.Equal("user=|db/user /etc/secrets/db/user|;|token/value /etc/secrets/token|token/value /etc/secrets/token|.", Shown(parts));
    }

    [Fact]
    public void The_version_changes_with_what_Git_holds_and_not_with_placement()
    {
        static Digest Version(string secrets) => Content("{{ secret \"token\" }}", secrets).OfType<ContentPart.Secret>().Single().Version;
        var version = Version(Secrets);
        Assert.Equal(version, Version(Secrets.Replace("{all: true}", "{nodes: [n1]}", StringComparison.Ordinal)));
        Assert.NotEqual(version, Version(Secrets.Replace("\"1\"", "\"2\"", StringComparison.Ordinal)));
        Assert.NotEqual(version, Version(Secrets.Replace("/etc/secrets", "/run/secrets", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_secret_of_Git_is_a_sealed_hole_whose_version_is_its_ciphertext()
    {
        const string Ciphertext = "-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----\n";
        var secret = Trees.Resource("Secret", "db", "placement: {all: true}\nage: db.age\nkeys: [user, password]");
        FleetBundles Compile(string file) => Trees.Compiled([.. Trees.OneNode(secret, Trees.ConfigFile("f", "{{ secret \"db/user\" }}")), Trees.File("db.age", file)]);
        var bundles = Compile(Ciphertext);
        var hole = Assert.IsType<ContentPart.Secret>(Assert.Single(((FileSpec)bundles.Nodes[0].Bundle.Units[0].Spec).Content));
        Assert.Equal(("db", "user", Digest.Of(System.Text.Encoding.UTF8.GetBytes(Ciphertext)), null), (hole.Name, hole.Key, hole.Version, hole.File));
        Assert.Equal(["db"], bundles.Nodes[0].Secrets);
        Assert.Equal(hole.Version, SealedSource.Of(bundles.Manifest)["db"].Version);
        Assert.NotEqual(bundles.Nodes[0].Digest, Compile(Ciphertext.Replace("AAAA", "BBBB", StringComparison.Ordinal)).Nodes[0].Digest);
    }

    [Fact]
    public void The_keys_of_a_file_of_SOPS_are_those_that_stand_in_it()
    {
        const string File = "db:\n  password: ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]\nsops:\n  age:\n  - {recipient: age1, enc: x}\n  mac: x\n  lastmodified: x\n";
        var secret = Trees.Resource("Secret", "s", "placement: {all: true}\nsops: ./secrets.yaml");
        var bundles = Trees.Compiled([.. Trees.OneNode(secret, Trees.ConfigFile("f", "{{ secret \"s/db.password\" }}")), Trees.File("secrets.yaml", File)]);
        var hole = Assert.IsType<ContentPart.Secret>(Assert.Single(((FileSpec)bundles.Nodes[0].Bundle.Units[0].Spec).Content));
        Assert.Equal(("s", "db.password", null), (hole.Name, hole.Key, hole.File));
        Assert.Contains("db.password", Trees.Text(Trees.Rejected(
            [.. Trees.OneNode(secret, Trees.ConfigFile("f", "{{ secret \"s/db.passwort\" }}")), Trees.File("secrets.yaml", File)])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_ciphertext_that_changes_changes_the_nodes_that_use_it_and_no_other()
    {
        const string Ciphertext = "age-encryption.org/v1\n";
        var secret = Trees.Resource("Secret", "db", "placement: {all: true}\nage: db.age");
        var used = Trees.Resource("ConfigFile", "used", "placement: {nodes: [n1]}\npath: /srv/used\ncontent: '{{ secret \"db\" }}'");
        var other = Trees.Resource("ConfigFile", "other", "placement: {all: true}\npath: /srv/other\ncontent: x");
        var compilation = new FleetCompilation();
        FleetBundles Apply(params SourceFile[] files) =>
            Assert.IsType<CompileResult.Compiled>(compilation.Apply([.. files.Select(file => new SourceChange(file.Path, file))])).Bundles;
        var first = Apply(Trees.File("fleet.yaml", Trees.Fleet + Trees.Node("n1") + Trees.Node("n2") + secret + used + other), Trees.File("db.age", Ciphertext));
        Assert.Equal(["n1"], Apply(Trees.File("db.age", Ciphertext + "-> other\n")).ChangedSince(first));
    }

    [Theory]
    [InlineData("unknown", "{{ secret \"tokn\" }}")]
    [InlineData("unknown-key", "{{ secret \"db/pasword\" }}")]
    [InlineData("needs-key", "{{ secret \"db\" }}")]
    [InlineData("concatenated", "{{ \"a\" + secret(\"token\") }}")]
    [InlineData("piped", "{{ secret \"token\" | string.upcase }}")]
    [InlineData("measured", "{{ x = secret \"token\"; string.size x }}")]
    [InlineData("compared", "{{ if secret(\"token\") == \"x\" }}guessed{{ end }}")]
    [InlineData("captured", "{{ capture x }}{{ secret \"token\" }}{{ end }}{{ x }}")]
    [InlineData("in-list", "{{ [secret(\"token\")] | array.join \",\" }}")]
    [InlineData("as-json", "{{ secret(\"token\") | object.to_json }}")]
    [InlineData("interpolated", "{{ $\"{secret \"token\"}\" }}")]
    public void A_template_never_sees_a_secret(string name, string template) =>
        Golden.Verify($"secrets/{name}.txt", Trees.Text(Trees.Rejected(Trees.OneNode(Secrets, Trees.ConfigFile("f", template)))));

    [Fact]
    public void Coded_contents_come_back_as_they_were() =>
        Gen.Select(Gen.Bool, Gen.String[Gen.OneOf(Gen.Const('\uE000'), Gen.Char["0123456789;"], Gen.Char.AlphaNumeric), 0, 12])
            .List[0, 8].Sample(items =>
            {
                var code = new ContentCode();
                var parts = items.Select(item => item.Item1
                    ? new RenderedPart.Hole(new SecretHole("s", "k", Digest.Of([]), "/f", default))
                    : (RenderedPart)new RenderedPart.Text(item.Item2)).ToList();
                code.Encode([new RenderedPart.Hole(new SecretHole("other", "k", Digest.Of([]), "/f", default))]);
                return Merged(code.Decode(code.Encode(parts))) == Merged(parts);
            });

    [Fact]
    public void No_value_and_no_inserted_subtree_can_forge_a_hole()
    {
        // The escape of ContentCode followed by the number of a hole that exists in the same resource.
        const string Forged = "\uE0000;";
        var fleet = Trees.Fleet.Replace("name: web", $"name: \"{Forged}\", files: [{{name: f, content: \"{Forged}\"}}]", StringComparison.Ordinal);
        var unit = Trees.Compiled([Trees.File("fleet.yaml", fleet + Trees.Node("n1") + Secrets
            + Trees.Resource("Workload", "w", """
                placement: {all: true}
                process:
                  command: [/x]
                  files: {$value: files}
                  env:
                    A: '{{ secret "token" }}'
                    B: "{{ values.name }}"
                    C: "FORGED"
                """.Replace("FORGED", Forged, StringComparison.Ordinal)))]).Nodes[0].Bundle.Units[0];
        var process = ((WorkloadSpec)unit.Spec).Process!;
        Assert.Equal(Forged, Shown(process.Files[0].Content));
        Assert.Equal(["token/value /etc/secrets/token", Forged, Forged], process.Env.Select(entry => Shown(entry.Value)));
    }

    private static EquatableArray<ContentPart> Content(string template, string? secrets = null) =>
        ((FileSpec)Trees.Compiled(Trees.OneNode(secrets ?? Secrets, Trees.ConfigFile("f", template))).Nodes[0].Bundle.Units[0].Spec).Content;

    private static string Shown(IEnumerable<ContentPart> parts) => string.Join('|', parts.Select(part => part switch
    {
        ContentPart.Text(var text) => text,
        ContentPart.Secret(var name, var key, _, var file) => $"{name}/{key} {file}",
        _ => part.ToString(),
    }));

    private static string Merged(IReadOnlyList<RenderedPart> parts) =>
        string.Concat(parts.Select(part => part is RenderedPart.Text(var text) ? text : "<hole>"));
}
