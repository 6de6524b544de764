using System.Text.Json.Nodes;
using GitOps.TestKit;
using GitOps.TestKit.EdgeX;

namespace GitOps.Cli.Tests;

/// <summary>A running EdgeX becomes files of a fleet repository.</summary>
public sealed class ImportCommandTests
{
    private const string Fleet = """
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata: {name: f}
        spec: {uid: 5b2f8f5e-6f0d-4f0a-9a4e-2f1f6f8f7c01}
        ---
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata: {name: gateway-1}
        spec: {}

        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_an_EdgeX_holds_is_written_as_files_that_validate()
    {
        using var folder = new TempDirectory();
        await using var edgeX = await EdgeXDouble.StartAsync(cancellationToken: Stop);
        edgeX.Metadata.Put("deviceprofile", Json("""
            {"apiVersion":"v3","name":"Dryer","labels":["gitops:old/hall","hot"],"deviceResources":[{"name":"Setpoint","isHidden":false,"attributes":{"primaryTable":"HOLDING_REGISTERS","startingAddress":3,"isByteSwap":false},
             "properties":{"valueType":"Float32","readWrite":"RW","maximum":90.5,"defaultValue":"7"}}],"deviceCommands":[]}
            """));
        edgeX.Metadata.Put("device", Json("""
            {"name":"Dryer 1","serviceName":"device-modbus","profileName":"Dryer","adminState":"UNLOCKED","operatingState":"DOWN","protocols":{"modbus-tcp":{"Address":"10.0.0.5","Port":502,"UnitID":"1","Timeout":5}},
             "autoEvents":[{"interval":"10s","onChange":false,"onChangeThreshold":0,"sourceName":"Setpoint","retention":{"maxCap":0,"minCap":0,"duration":""}}]}
            """));
        edgeX.Metadata.Put("provisionwatcher", Json("""
            {"name":"find","serviceName":"device-modbus","adminState":"UNLOCKED","identifiers":{"Address":"10\\..*"},"discoveredDevice":{"profileName":"Dryer","adminState":"UNLOCKED"}}
            """));
        await File.WriteAllTextAsync(folder["fleet.yaml"], Fleet, Stop);

        var imported = await GitOpsRun.RunAsync(null, "import", "edgex", edgeX.Url, "--into", folder["edgex"], "--node", "gateway-1", "--metadata", "http://127.0.0.1:59881");
        var validated = await GitOpsRun.RunAsync(null, "validate", folder.Path);
        var again = await GitOpsRun.RunAsync(null, "import", "edgex", edgeX.Url, "--into", folder["edgex"]);

        Assert.True(imported.ExitCode == 0, imported.Error);
        Assert.True(validated.ExitCode == 0, validated.Error + validated.Output);
        Assert.Equal(5, again.ExitCode);
        var files = Directory.EnumerateFiles(folder["edgex"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
        Golden.Verify("import-edgex.txt", string.Concat(files.Select(file => $"-- {Path.GetRelativePath(folder.Path, file)} --\n{File.ReadAllText(file)}")));
        Assert.Empty(edgeX.Writes());
    }

    [Fact]
    public async Task What_does_not_answer_or_is_no_EdgeX_is_said_and_writes_nothing()
    {
        using var folder = new TempDirectory();
        await using var edgeX = await EdgeXDouble.StartAsync(cancellationToken: Stop);
        edgeX.Token = "s3cret";

        var refused = await GitOpsRun.RunAsync(null, "import", "edgex", edgeX.Url, "--into", folder["edgex"]);
        await File.WriteAllTextAsync(folder["token"], "s3cret\n", Stop);
        var read = await GitOpsRun.RunAsync(null, "import", "edgex", edgeX.Url, "--into", folder["edgex"], "--token-file", folder["token"]);

        Assert.Equal((4, 0), (refused.ExitCode, read.ExitCode));
        Assert.Contains("CLI006", refused.Error, StringComparison.Ordinal);
    }

    private static JsonObject Json(string text) => (JsonObject)JsonNode.Parse(text)!;
}
