using GitOps.Bundles.Publications;
using GitOps.Platform.Age;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.Cli.Tests;

/// <summary>Secrets of a repository, as people keep them.</summary>
public sealed class SecretCommandTests : IDisposable
{
    private const string Fleet = """
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata: {name: f}
        spec: {uid: 5b2f8f5e-6f0d-4f0a-9a4e-2f1f6f8f7c01}
        ---
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata: {name: press-1}
        spec: {}

        """;

    private readonly TempDirectory _folder = new();
    private readonly AgeIdentity _mine = AgeIdentity.Generate();

    public SecretCommandTests()
    {
        Directory.CreateDirectory(_folder["repository"]);
        File.WriteAllText(_folder["repository/fleet.yaml"], Fleet);
        File.WriteAllText(_folder["my.key"], _mine.ToSecretText());
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_secret_is_sealed_declared_rotated_and_edited()
    {
        var (nobody, sealedTo) = (await RunAsync("seal", "db", "password=x"), _folder["data"]);
        Assert.Equal(2, nobody.ExitCode);
        Assert.Contains("CLI010", nobody.Error, StringComparison.Ordinal);
        var control = (await DoneAsync("recipients", "--data-directory", sealedTo)).Trim();
        Assert.Equal(control, (await DoneAsync("recipients", "--data-directory", sealedTo)).Trim());
        await DoneAsync("recipients", "add", control, "--comment", "control plane");
        Assert.Equal($"{control} # control plane\n", await DoneAsync("recipients"));

        var said = await DoneAsync("seal", "db", "user=app", $"password=correct horse {RunLog.Marker}");
        Assert.DoesNotContain("correct", said, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_folder["repository/secret.yaml"], said[said.IndexOf("apiVersion", StringComparison.Ordinal)..], TestContext.Current.CancellationToken);
        var valid = await GitOpsRun.RunAsync(_folder["repository"], "validate");
        Assert.True(valid.ExitCode == 0, valid.Error + valid.Output);
        Assert.DoesNotContain("apiVersion", await DoneAsync("seal", "db", "user=app", $"password=correct horse {RunLog.Marker}"), StringComparison.Ordinal);

        Assert.Contains("CLI012", (await RunAsync("rotate", "--identity", _folder["my.key"])).Error, StringComparison.Ordinal);
        await DoneAsync("recipients", "add", _mine.Recipient.ToString());
        await DoneAsync("rotate", "--identity", _folder["data/keys/age.key"]);
        Assert.Equal($"correct horse {RunLog.Marker}", Read()["password"]);

        await DoneAsync("edit", "db", "--identity", _folder["my.key"]);
        Assert.Equal(("app", "changed"), (Read()["user"], Read()["password"]));
        Assert.Empty(Directory.EnumerateFileSystemEntries("/dev/shm", "gitops-secret-*"));
        await DoneAsync("recipients", "remove", _mine.Recipient.ToString());
        Assert.Equal($"{control} # control plane\n", await DoneAsync("recipients"));
    }

    [Theory]
    [InlineData("seal", "db", "password")]
    [InlineData("seal", "db", "a=1", "a=2")]
    [InlineData("seal", "db", "a b=1")]
    [InlineData("seal", "Db", "a=1")]
    [InlineData("seal", "db", "a=1", "--recipient", "age1nobody")]
    [InlineData("recipients", "add", "age1nobody")]
    public async Task What_cannot_be_meant_is_wrong_usage(params string[] arguments)
    {
        await DoneAsync("recipients", "add", _mine.Recipient.ToString());
        var result = await RunAsync(arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.NotEmpty(result.Error);
        Assert.False(Directory.Exists(_folder["repository/secrets"]));
    }

    [Fact]
    public async Task A_secret_with_recipients_of_its_own_keeps_to_them_until_others_are_given()
    {
        var (control, node) = (AgeIdentity.Generate(), AgeIdentity.Generate());
        await DoneAsync("recipients", "add", control.Recipient.ToString());
        await File.WriteAllTextAsync(_folder["repository/secret.yaml"], """
            apiVersion: gitops.edge/v1
            kind: Secret
            metadata: {name: db}
            spec: {placement: {all: true}, age: secrets/db.age, keys: [password]}
            """, TestContext.Current.CancellationToken);
        string[] ours = ["--identity", _folder["my.key"]];
        await DoneAsync("seal", "db", $"password=correct horse {RunLog.Marker}", "-r", node.Recipient.ToString(), "-r", _mine.Recipient.ToString());
        Assert.Equal((true, false), (Opens(node), Opens(control)));

        await DoneAsync(["rotate", .. ours]);
        Assert.Equal((true, false), (Opens(node), Opens(control)));
        await DoneAsync(["edit", "db", .. ours]);
        Assert.Equal((true, false, "changed"), (Opens(node), Opens(control), Read()["password"]));
        await DoneAsync("seal", "db", "password=other");
        Assert.Equal((true, false), (Opens(node), Opens(control)));

        // Also where nothing is changed but whom it is for.
        var wider = AgeIdentity.Generate();
        await DoneAsync(["edit", "db", .. ours, "-r", wider.Recipient.ToString(), "-r", _mine.Recipient.ToString()]);
        Assert.Equal((true, false, false), (Opens(wider), Opens(node), Opens(control)));

        // For all secrets at once nobody is named by mistake.
        Assert.Equal(2, (await RunAsync(["rotate", .. ours, "-r", control.Recipient.ToString()])).ExitCode);
        var next = AgeIdentity.Generate();
        await DoneAsync(["rotate", "db", .. ours, "-r", next.Recipient.ToString(), "-r", _mine.Recipient.ToString()]);
        Assert.Equal((true, false, false), (Opens(next), Opens(node), Opens(control)));
        Assert.Equal($"{next.Recipient}\n{_mine.Recipient}\n", await File.ReadAllTextAsync(_folder["repository/secrets/db.age.recipients"], TestContext.Current.CancellationToken));

        File.Delete(_folder["repository/secrets/db.age.recipients"]);
        await DoneAsync(["rotate", .. ours]);
        Assert.Equal((false, true), (Opens(next), Opens(control)));
    }

    [Fact]
    public async Task A_secret_is_sealed_to_nodes_by_name()
    {
        var (first, second) = (AgeIdentity.Generate(), AgeIdentity.Generate());
        var nodes = _folder["nodes.txt"];
        await File.WriteAllTextAsync(nodes, $"{first.Recipient} # press-1\n{second.Recipient} # press-2\n", TestContext.Current.CancellationToken);
        await DoneAsync("seal", "db", "password=x", "--node", "press-2", "--nodes-file", nodes, "-r", _mine.Recipient.ToString());
        Assert.Equal((false, true, true), (Opens(first), Opens(second), Opens(_mine)));
        Assert.Equal(
            $"{_mine.Recipient}\n{second.Recipient} # press-2\n",
            await File.ReadAllTextAsync(_folder["repository/secrets/db.age.recipients"], TestContext.Current.CancellationToken));

        var unknown = await RunAsync("rotate", "db", "--identity", _folder["my.key"], "-n", "press-1", "-n", "press-3", "-n", "press-4", "--nodes-file", nodes);
        Assert.Equal((5, true), (unknown.ExitCode, unknown.Error.Contains("press-3, press-4", StringComparison.Ordinal)));
        Assert.True(Opens(second));
        Assert.Equal(4, (await RunAsync("seal", "db", "password=x", "--node", "press-1", "--server", "http://127.0.0.1:9")).ExitCode);
    }

    [Fact]
    public async Task One_value_is_text_and_never_made_into_other_text()
    {
        await DoneAsync("recipients", "add", _mine.Recipient.ToString());
        await File.WriteAllBytesAsync(_folder["binary"], [0x70, 0xff, 0xfe], TestContext.Current.CancellationToken);
        var refused = await RunAsync("seal", "db", "--value", "--from-file", _folder["binary"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("UTF-8", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["repository/secrets"]));

        await File.WriteAllTextAsync(_folder["text"], "grüß\r\n", TestContext.Current.CancellationToken);
        await DoneAsync("seal", "db", "--value", "--from-file", _folder["text"]);
        Assert.Equal("grüß", Read()["value"]);
    }

    private bool Opens(AgeIdentity key) => AgeFile.Open(File.ReadAllBytes(_folder["repository/secrets/db.age"]), key) is AgeOpening.Opened;

    private IReadOnlyDictionary<string, string> Read() => SecretValues.TryRead(
        Assert.IsType<AgeOpening.Opened>(AgeFile.Open(File.ReadAllBytes(_folder["repository/secrets/db.age"]), _mine)).Plaintext())!;

    private async Task<string> DoneAsync(params string[] arguments)
    {
        var result = await RunAsync(arguments);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', arguments)}: {result.ExitCode} {result.Error}{result.Output}");
        return result.Output;
    }

    private async Task<CommandResult> RunAsync(params string[] arguments)
    {
        string[] command = ["dotnet", Path.Combine(AppContext.BaseDirectory, "gitops.dll"), "secret", .. arguments, "-C", _folder["repository"]];
        var result = await new CommandRunner(TimeProvider.System).RunAsync(
            new Command(command)
            {
                Environment = new Dictionary<string, string?>
                {
                    ["NO_COLOR"] = "1",
                    ["EDITOR"] = "sed -i s/correct.horse.[a-z-]*/changed/",
                    ["VISUAL"] = null,
                    ["XDG_RUNTIME_DIR"] = null,
                    ["GITOPS_AGE_KEY_FILE"] = null,
                },
            },
            TestContext.Current.CancellationToken);
        RunLog.Keep(command, result);
        return result;
    }
}
