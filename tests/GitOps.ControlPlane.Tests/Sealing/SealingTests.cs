using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;
using GitOps.ControlPlane.Reconciling;
using GitOps.ControlPlane.Sealing;
using GitOps.ControlPlane.Tests.Reconciling;
using GitOps.Platform.Age;
using GitOps.TestKit;
using Plane = GitOps.ControlPlane.Tests.Reconciling.ControlPlane;

namespace GitOps.ControlPlane.Tests.Sealing;

/// <summary>Secrets on their way from Git to nodes, by the reconciler on real parts.</summary>
public sealed class SealingTests : IAsyncLifetime
{
    private const string Password = "correct horse battery";
    private readonly Plane _plane = new();
    private readonly Dictionary<string, AgeIdentity> _keys = Fleets.Names.ToDictionary(name => name, _ => AgeIdentity.Generate());

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _plane.DisposeAsync();

    [Fact]
    public async Task A_secret_of_Git_is_sealed_to_each_node_that_uses_it_before_its_pointer()
    {
        Know("n1", "n2");
        var first = Push(Encrypted($"user: app\npassword: {Password}\nother: x\n", _plane.SealKey.Recipient), nodes: "n1, n2");
        await _plane.Opened(first, Fleets.Names);
        var versions = VersionsOf("n1");
        Assert.Equal(versions, VersionsOf("n2"));
        Assert.Equal(("app", Password), Values("n1"));
        Assert.Equal(("app", Password), Values("n2"));
        Assert.Null(_plane.Store.ReadSealed("n3"));
        Assert.IsType<AgeOpening.ForOthers>(AgeFile.Open(FileOf("n1"), _keys["n2"]));
        Assert.Contains(StorePaths.Sealed(Plane.Fleet, "n1"), _plane.Store.PathsOf("n1"));
        Assert.Contains(StorePaths.Sealed(Plane.Fleet, "n1"), _plane.Store.Paths());
        Assert.Empty(_plane.Reconciler.Status.Holds);
        await _plane.StopAsync();
        NothingTells();
    }

    [Fact]
    public async Task What_did_not_change_is_not_sealed_again_not_even_by_another_process()
    {
        Know(Fleets.Names);
        var first = Push(Encrypted($"user: app\npassword: {Password}\n", _plane.SealKey.Recipient));
        await _plane.Opened(first, Fleets.Names);
        var before = FileOf("n1");
        await _plane.StopAsync();
        _plane.Start();
        var second = _plane.Push(Fleets.Motd("changed"));
        await _plane.Opened(second, Fleets.Names);
        Assert.Equal(before, FileOf("n1"));
    }

    [Fact]
    public async Task A_new_secret_keeps_what_the_pointer_before_needs_and_a_new_key_of_the_node_is_sealed_to()
    {
        Know(Fleets.Names);
        await _plane.Opened(Push(Encrypted($"user: app\npassword: {Password}\n", _plane.SealKey.Recipient)), Fleets.Names);
        var before = Assert.Single(VersionsOf("n1"));
        await _plane.Opened(_plane.Push(("db.age", Encrypted("user: app\npassword: next\n", _plane.SealKey.Recipient))), Fleets.Names);
        Assert.Contains(before, Read("n1").Secrets.Select(secret => secret.Version));
        Assert.Equal(("app", "next"), Values("n1"));

        _keys["n1"] = AgeIdentity.Generate();
        Know("n1");
        _plane.Reconciler.Look();
        await BecomesAsync(() => Read("n1").Recipient == _keys["n1"].Recipient.ToString());
        Assert.Equal(("app", "next"), Values("n1"));
    }

    [Fact]
    public async Task A_key_that_the_file_lacks_is_told_until_it_is_promised_no_more()
    {
        Know(Fleets.Names);
        await _plane.Opened(Push(Encrypted("user: app\npassword: x\n", _plane.SealKey.Recipient)), Fleets.Names);
        var manifest = File.ReadAllText(Path.Combine(_plane.Git.WorkTree, "secret.yaml"));
        _plane.Push(("secret.yaml", manifest.Replace("[user, password]", "[user, password, token]", StringComparison.Ordinal)));
        await BecomesAsync(() => _plane.Reconciler.Status.Problem?.What.Contains("'token'", StringComparison.Ordinal) is true);
        var next = _plane.Push(Fleets.Motd("changed"));
        await _plane.Settled(next, RevisionOutcome.Published);
        Assert.Contains("'token'", _plane.Reconciler.Status.Problem?.What, StringComparison.Ordinal);
        _plane.Push(("secret.yaml", manifest));
        await BecomesAsync(() => _plane.Reconciler.Status.Problem is null);
        Assert.Equal(("app", "x"), Values("n1"));
    }

    [Fact]
    public async Task A_node_without_a_key_waits_and_nobody_else_does()
    {
        Know("n1");
        var first = Push(Encrypted($"user: app\npassword: {Password}\n", _plane.SealKey.Recipient), nodes: "n1, n2");
        await _plane.Opened(first, Fleets.Names);
        await _plane.Settled(first, RevisionOutcome.Published);
        Assert.Equal(("app", Password), Values("n1"));
        var hold = Assert.Single(_plane.Reconciler.Status.Holds);
        Assert.Equal("n2", hold.Node);
        Assert.Contains("[db]", hold.What, StringComparison.Ordinal);
        Know("n2");
        _plane.Reconciler.Look();
        await BecomesAsync(() => _plane.Store.ReadSealed("n2") is not null);
        Assert.Equal(("app", Password), Values("n2"));
    }

    [Fact]
    public async Task What_is_encrypted_to_nodes_themselves_passes_as_it_is()
    {
        Know("n1");
        var file = Encrypted("{\"user\":\"app\",\"password\":\"hidden\"}", _keys["n1"].Recipient);
        await _plane.Opened(Push(file, nodes: "n1"), Fleets.Names);
        Assert.Equal(file, Encoding.ASCII.GetString(FileOf("n1")));
        Assert.Equal(("app", "hidden"), Values("n1"));
        Assert.Null(_plane.Reconciler.Status.Problem);
    }

    [Fact]
    public async Task A_file_of_SOPS_is_opened_and_sealed_as_one_of_age_is()
    {
        Know("n1");
        var writer = new SopsWriter(_plane.SealKey.Recipient);
        var file = $"user: {writer.Value("app", "user:")}\npassword: {writer.Value(Password, "password:")}\n{writer.Metadata()}";
        var first = Push(file, nodes: "n1", field: "sops: db.yaml");
        await _plane.Opened(first, Fleets.Names);
        Assert.Equal(("app", Password), Values("n1"));
        Assert.Null(_plane.Reconciler.Status.Problem);
    }

    [Theory]
    [InlineData("user: app\n", "'password'")]
    [InlineData("just a text", "no mapping")]
    [InlineData("user: [a]\npassword: x\n", "more than texts")]
    public async Task A_secret_that_lacks_what_it_promises_is_said_and_holds_back_no_publication(string plaintext, string because)
    {
        Know(Fleets.Names);
        var first = Push(Encrypted(plaintext, _plane.SealKey.Recipient));
        await _plane.Opened(first, Fleets.Names);
        await BecomesAsync(() => _plane.Reconciler.Status.Problem is not null);
        var problem = _plane.Reconciler.Status.Problem!;
        Assert.Equal(SealingCodes.NotSealed.Id, problem.Code);
        Assert.Contains(because, problem.What, StringComparison.Ordinal);
        Assert.DoesNotContain("just a text", $"{problem}", StringComparison.Ordinal);
    }

    /// <summary>The fleet with a Secret of two keys, and a file with a hole for each on the named nodes.</summary>
    private string Push(string file, string nodes = "n1, n2, n3", string field = "age: db.age, keys: [user, password]")
    {
        var secret = $$$"""
            apiVersion: gitops.edge/v1
            kind: Secret
            metadata: {name: db}
            spec: {placement: {nodes: [{{{nodes}}}]}, {{{field}}}}
            ---
            apiVersion: gitops.edge/v1
            kind: ConfigFile
            metadata: {name: conf}
            spec:
              placement: {nodes: [{{{nodes}}}]}
              path: /etc/conf
              content: 'user={{ secret "db/user" }} password={{ secret "db/password" }}'
            """;
        var commit = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"), ("secret.yaml", secret), (field.Split(' ', ',')[1], file));
        _plane.Start();
        return commit;
    }

    private static Task BecomesAsync(Func<bool> condition) =>
        Eventually.BecomesTrue(condition, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

    private void Know(params string[] nodes)
    {
        foreach (var node in nodes)
        {
            _plane.Recipients[node] = _keys[node].Recipient.ToString();
        }
    }

    private static string Encrypted(string plaintext, AgeRecipient to) => AgeArmor.Encode(AgeFile.Seal(Encoding.UTF8.GetBytes(plaintext), [to]));

    private SealedSecrets Read(string node) =>
        SealedSecrets.TryRead(_plane.Store.ReadSealed(node), Plane.Fleet, node, [_plane.PublicationKey])!;

    /// <summary>As the bundle of the node asks for it.</summary>
    private IReadOnlySet<Digest> VersionsOf(string node) =>
        Assert.IsType<BundleReading.Read>(BundleJson.Read(_plane.Store.ReadBlob(_plane.Store.PointerOf(node)!.Bundle!.Value)!)).Bundle.SealedVersions();

    private byte[] FileOf(string node) => Read(node).Secrets.Single(secret => VersionsOf(node).Contains(secret.Version)).TryDecode()!;

    private (string User, string Password) Values(string node)
    {
        var values = SecretValues.TryRead(Assert.IsType<AgeOpening.Opened>(AgeFile.Open(FileOf(node), _keys[node])).Plaintext())!;
        return (values["user"], values["password"]);
    }

    /// <summary>No file of the control plane holds what it opened: neither store, nor database, nor cache, nor mirror.</summary>
    private void NothingTells()
    {
        foreach (var path in Directory.EnumerateFiles(_plane.DataPath, "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain(Password, Encoding.Latin1.GetString(File.ReadAllBytes(path)), StringComparison.Ordinal);
        }
    }
}
