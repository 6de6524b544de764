using System.Text.Json.Nodes;
using CsCheck;
using GitOps.Agent.Planning;
using GitOps.Bundles.Units;
using GitOps.TestKit.EdgeX;

namespace GitOps.Agent.Host.Tests.Devices.EdgeX;

/// <summary>
/// Whatever Git says one after the other, and whatever somebody else does meanwhile, EdgeX ends up as Git says, and what is
/// somebody else's as he left it. Each step is what Git says of four devices and two profiles, and an edit of somebody.
/// </summary>
public sealed class EdgeXProperties
{
    private static readonly Gen<(int Git, int Edit, int Target)[]> Steps = Gen.Select(Gen.Int[0, 255], Gen.Int[0, 7], Gen.Int[0, 3]).Array[1, 5];

    [Theory]
    [InlineData("4.0.2")]
    [InlineData("3.1.1")]
    public Task Any_sequence_of_commits_and_edits_ends_as_Git_says_and_leaves_the_rest(string version) => Steps.SampleAsync(async steps =>
    {
        await using var edgeX = await EdgeXRig.ServeAsync(version);
        edgeX.Metadata.Put("deviceprofile", EdgeXRig.Profile("theirs", "Level"));
        edgeX.Metadata.Put("device", EdgeXRig.Device("Theirs", "theirs"));
        await using var rig = new EdgeXRig();
        Unit? before = null;
        foreach (var (git, edit, target) in steps)
        {
            var unit = Desired(edgeX, git);
            await ConvergeAsync(rig, unit, before ?? unit);
            var theirs = (edgeX.Metadata.Stored("device", "Theirs").ToJsonString(), edgeX.Metadata.Stored("deviceprofile", "theirs").ToJsonString());
            Edit(edgeX.Metadata, edit, $"D{target}");
            await rig.RestartAsync(); // looks at once, where a running agent looks within a minute

            await ConvergeAsync(rig, unit, unit);

            before = unit;
            AssertHolds(edgeX.Metadata, git);
            Assert.Equal(theirs, (edgeX.Metadata.Stored("device", "Theirs").ToJsonString(), edgeX.Metadata.Stored("deviceprofile", "theirs").ToJsonString()));
        }
    }, iter: 12, threads: 1);

    // Two bits for each device: whether it is there, and which profile it has.
    private static Unit Desired(EdgeXDouble edgeX, int git)
    {
        List<JsonObject> devices = [];
        for (var i = 0; i < 4; i++)
        {
            if ((git >> (2 * i) & 1) == 1)
            {
                var isSecond = (git >> (2 * i + 1) & 1) == 1;
                var device = EdgeXRig.Device($"D{i}", isSecond ? "two" : "one", isSecond ? "Level" : "Setpoint");
                if (isSecond)
                {
                    device["tags"] = new JsonObject { ["line"] = "b" };
                }

                devices.Add(device);
            }
        }

        return EdgeXRig.Unit(edgeX, [EdgeXRig.Profile("one", "Setpoint"), EdgeXRig.Profile("two", "Level")], devices);
    }

    private static void Edit(EdgeXMetadata metadata, int edit, string device)
    {
        var one = metadata.Has("device", device) ? metadata.Stored("device", device) : null;
        switch (edit)
        {
            case 0 when one is not null:
                metadata.Take("device", device);
                break;
            case 1 when one is not null:
                one["description"] = "by hand";
                break;
            case 2 when one is not null:
                one["profileName"] = one["profileName"]!.GetValue<string>() == "one" ? "two" : "one";
                one.Remove("autoEvents");
                break;
            case 3 when one is not null:
                one["protocols"] = new JsonObject { ["other"] = new JsonObject { ["Address"] = "elsewhere" } };
                break;
            case 4 when one is not null:
                one.Remove("labels");
                break;
            case 5:
                metadata.Stored("deviceprofile", "one")["model"] = "somebody's";
                break;
            case 6 when one is not null:
                one["tags"] = new JsonObject { ["line"] = "c" };
                one["operatingState"] = "DOWN";
                break;
            case 7 when one is null:
                var added = EdgeXRig.Device(device, "one");
                added["labels"] = new JsonArray(EdgeXRig.Mark); // copied by hand from one of ours
                metadata.Put("device", added);
                break;
        }
    }

    private static void AssertHolds(EdgeXMetadata metadata, int git)
    {
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal((git >> (2 * i) & 1) == 1, metadata.Has("device", $"D{i}"));
            if (metadata.Has("device", $"D{i}"))
            {
                var (one, isSecond) = (metadata.Stored("device", $"D{i}"), (git >> (2 * i + 1) & 1) == 1);
                Assert.Equal(isSecond ? "two" : "one", (string?)one["profileName"]);
                Assert.Equal(isSecond ? "b" : null, (string?)one["tags"]?["line"]);
                Assert.Equal(isSecond ? "Level" : "Setpoint", (string?)one["autoEvents"]?[0]?["sourceName"]);
                Assert.Equal("10.0.0.5", (string?)one["protocols"]?["modbus-tcp"]?["Address"]);
                Assert.Equal(1, one["protocols"]?.AsObject().Count);
                Assert.Null(one["description"]);
            }
        }

        Assert.Equal("ACME", (string?)metadata.Stored("deviceprofile", "one")["manufacturer"]);
        Assert.Null(metadata.Stored("deviceprofile", "one")["model"]);
    }

    private static Task<PlannedUnit> ConvergeAsync(EdgeXRig rig, Unit desired, Unit owned) =>
        rig.Runner.UntilAsync(desired, owned, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true }, TestContext.Current.CancellationToken);
}
