using System.Text.Json.Nodes;
using GitOps.Agent.Planning;
using GitOps.Bundles.Units;
using GitOps.TestKit.EdgeX;
using static GitOps.Agent.Host.Tests.Devices.EdgeX.EdgeXRig;

namespace GitOps.Agent.Host.Tests.Devices.EdgeX;

/// <summary>core-metadata becomes what a bundle says, and nothing of anybody else is touched.</summary>
public sealed class EdgeXTests
{
    private static readonly UnitStatus Ready = new UnitStatus.Ready();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("4.0.2")]
    [InlineData("3.1.1")]
    public async Task Everything_is_added_in_order_and_then_nothing_is_sent_any_more(string version)
    {
        await using var edgeX = await ServeAsync(version);
        await using var rig = new EdgeXRig();
        var unit = Unit(edgeX, [Profile("dryer", "Setpoint"), Profile("oven", "Temperature")],
            [Device("Dryer 1", "dryer", "Setpoint"), Device("Oven/1", "oven")], Watcher("find", "oven"));

        await rig.Runner.UntilReadyAsync(unit, Stop);
        await rig.RestartAsync();
        await rig.Runner.UntilReadyAsync(unit, Stop);

        Assert.Equal(["POST /api/v3/deviceprofile", "POST /api/v3/device", "POST /api/v3/provisionwatcher"], edgeX.Writes().Select(one => $"{one.Method} {one.Path}"));
        Assert.Equal(["Dryer 1", "Oven/1"], edgeX.Metadata.Names("device"));
        Assert.Equal("UNLOCKED", (string?)edgeX.Metadata.Stored("device", "Dryer 1")["adminState"]);
        Assert.Equal(["modbus", Mark], edgeX.Metadata.Stored("deviceprofile", "dryer")["labels"]!.AsArray().Select(label => (string?)label));
    }

    [Fact]
    public async Task What_somebody_changed_is_put_right_and_what_left_goes_children_first_and_nothing_else()
    {
        await using var edgeX = await ServeAsync();
        edgeX.Metadata.Put("deviceprofile", Profile("theirs", "Level"));
        edgeX.Metadata.Put("device", Device("Tank", "theirs"));
        await using var rig = new EdgeXRig();
        var child = Device("B child", "dryer");
        child["parent"] = "A parent";
        var first = Unit(edgeX, [Profile("dryer", "Setpoint"), Profile("old", "Level")], [child, Device("A parent", "dryer"), Device("Old", "old")], Watcher("find", "old"));
        var second = Unit(edgeX, [Profile("dryer", "Setpoint")], [Device("Kept", "dryer")]);
        await rig.Runner.UntilReadyAsync(first, Stop);
        edgeX.Metadata.Take("device", "Old");
        edgeX.Metadata.Stored("device", "A parent")["description"] = "by hand";
        edgeX.Metadata.Stored("device", "A parent")["operatingState"] = "DOWN";
        edgeX.Metadata.Stored("deviceprofile", "dryer")["manufacturer"] = "somebody";
        await rig.RestartAsync();

        await rig.Runner.UntilReadyAsync(first, Stop);
        var (parent, old) = (edgeX.Metadata.Stored("device", "A parent").DeepClone(), edgeX.Metadata.Names("device"));
        await rig.Runner.UntilReadyAsync(second, Stop);

        Assert.Equal((null, "DOWN"), ((string?)parent["description"], (string?)parent["operatingState"]));
        Assert.Equal(["A parent", "B child", "Old", "Tank"], old);
        Assert.Equal(["Kept", "Tank"], edgeX.Metadata.Names("device"));
        Assert.Equal(["dryer", "theirs"], edgeX.Metadata.Names("deviceprofile"));
        Assert.Empty(edgeX.Metadata.Names("provisionwatcher"));
        Assert.All(edgeX.Writes().Where(one => one.Method == "DELETE"), one => Assert.Equal(200, one.Status));
    }

    [Fact]
    public async Task A_document_that_EdgeX_does_not_take_is_named_and_stops_no_other()
    {
        await using var edgeX = await ServeAsync();
        await using var rig = new EdgeXRig();
        var bad = Device("Bad", "dryer");
        bad["adminState"] = "open";
        var unit = Unit(edgeX, [Profile("dryer", "Setpoint")], [.. Enumerable.Range(1, 7).Select(i => Device($"D{i}", "dryer")), bad, Device("Nowhere", "missing")]);

        var plan = await rig.Runner.UntilAsync(unit, null, plan => plan is { Steps.IsEmpty: true, Status: UnitStatus.Unhealthy { Cause: FailureCause.Content } }, Stop);

        var message = ((UnitStatus.Unhealthy)plan.Status).Message;
        Assert.Contains("device 'Bad': EdgeX says 400: device json decoding failed: adminState", message, StringComparison.Ordinal);
        Assert.Contains("and 1 more", message, StringComparison.Ordinal);
        Assert.Equal(7, edgeX.Metadata.Names("device").Count);
    }

    [Fact]
    public async Task What_is_there_already_is_refused_or_adopted_and_meanwhile_nothing_is_changed()
    {
        await using var edgeX = await ServeAsync();
        edgeX.Metadata.Put("device", Device("Dryer 1", "dryer"));
        edgeX.Metadata.Put("deviceprofile", Profile("dryer", "Setpoint"));
        await using var rig = new EdgeXRig();
        var unit = Unit(edgeX, [Profile("dryer", "Setpoint")], [Device("Dryer 1", "dryer"), Device("Dryer 2", "dryer")]);

        var plan = await rig.Runner.UntilAsync(unit, null, plan => plan.Status is UnitStatus.Refused, Stop);
        var writes = edgeX.Writes().Count();
        await rig.Runner.UntilReadyAsync(unit with { Spec = (EdgeXSpec)unit.Spec with { Adopt = true } }, Stop);

        Assert.Contains("profile 'dryer', device 'Dryer 1' already", ((UnitStatus.Refused)plan.Status).Problem.What, StringComparison.Ordinal);
        Assert.Equal(0, writes);
        Assert.Contains(Mark, edgeX.Metadata.Stored("device", "Dryer 1")["labels"]!.AsArray().Select(label => (string?)label));
    }

    [Fact]
    public async Task What_another_unit_adopts_stays_when_the_one_before_leaves()
    {
        await using var edgeX = await ServeAsync();
        await using var rig = new EdgeXRig();
        var unit = Unit(edgeX, [Profile("dryer", "Setpoint")], [Device("Dryer 1", "dryer"), Device("Dryer 2", "dryer")]);
        await rig.Runner.UntilReadyAsync(unit, Stop);
        var next = Unit(edgeX, [Profile("dryer", "Setpoint")], [Device("Dryer 1", "dryer")]);
        next = next with { Name = "press-1-edgex", Spec = (EdgeXSpec)next.Spec with { Adopt = true } };
        await rig.Runner.UntilReadyAsync(next, Stop);

        // What it knows is from before somebody else put his label there.
        await rig.Runner.UntilAsync(null, unit, plan => !plan.Steps.IsEmpty, Stop);

        Assert.Equal(["Dryer 1"], edgeX.Metadata.Names("device"));
        Assert.Equal(["dryer"], edgeX.Metadata.Names("deviceprofile"));
        Assert.DoesNotContain(edgeX.Writes(), one => one.Method == "DELETE" && one.Status != 200);
    }

    [Fact]
    public async Task A_label_that_somebody_takes_away_comes_back_and_what_a_service_brings_along_meanwhile_is_its_own()
    {
        await using var edgeX = await ServeAsync();
        await using var rig = new EdgeXRig();
        var late = Device("Late", "dryer");
        late["serviceName"] = "device-late";
        var unit = Unit(edgeX, [Profile("dryer", "Setpoint")], [Device("Dryer 1", "dryer"), late]);
        await rig.Runner.UntilAsync(unit, null, plan => plan is { Steps.IsEmpty: true, Status: UnitStatus.Unhealthy }, Stop);
        edgeX.Metadata.Stored("device", "Dryer 1").Remove("labels");
        await rig.RestartAsync();
        await rig.Runner.UntilAsync(unit, unit, plan => plan is { Steps.IsEmpty: true, Status: UnitStatus.Unhealthy }, Stop);
        var labels = edgeX.Metadata.Stored("device", "Dryer 1")["labels"];

        edgeX.Metadata.AddService("device-late");
        var brought = Device("Late", "dryer");
        brought["serviceName"] = "device-late";
        brought["description"] = "from the files of its service";
        edgeX.Metadata.Put("device", brought);
        await rig.RestartAsync();
        var plan = await rig.Runner.UntilAsync(unit, unit, plan => plan is { Steps.IsEmpty: true, Status: UnitStatus.Unhealthy }, Stop);

        Assert.Equal(Mark, (string?)labels![0]);
        Assert.Equal(new UnitStatus.Unhealthy("device 'Late': EdgeX has it already, and somebody else put it there", FailureCause.Content), plan.Status);
        Assert.Equal("from the files of its service", (string?)edgeX.Metadata.Stored("device", "Late")["description"]);
    }

    [Fact]
    public async Task What_Git_says_no_more_is_cleared_and_a_profile_keeps_its_id()
    {
        await using var edgeX = await ServeAsync();
        await using var rig = new EdgeXRig();
        var device = Device("Dryer 1", "dryer", "Setpoint");
        device["description"] = "at the wall";
        device["location"] = new JsonObject { ["hall"] = 3 };
        device["tags"] = new JsonObject { ["line"] = "a" };
        var profile = Profile("dryer", "Setpoint");
        profile["description"] = "a dryer";
        await rig.Runner.UntilReadyAsync(Unit(edgeX, [profile], [device]), Stop);
        var (id, created) = ((string?)edgeX.Metadata.Stored("deviceprofile", "dryer")["id"], (long?)edgeX.Metadata.Stored("deviceprofile", "dryer")["created"]);

        await rig.Runner.UntilReadyAsync(Unit(edgeX, [Profile("dryer", "Setpoint", "Level")], [Device("Dryer 1", "dryer")]), Stop);

        var stored = edgeX.Metadata.Stored("device", "Dryer 1");
        Assert.All(new[] { "description", "tags", "autoEvents" }, field => Assert.Null(stored[field]));
        Assert.Equal(0, (stored["location"] as JsonObject)?.Count);
        Assert.Equal((id, created), ((string?)edgeX.Metadata.Stored("deviceprofile", "dryer")["id"], (long?)edgeX.Metadata.Stored("deviceprofile", "dryer")["created"]));
        Assert.Null(edgeX.Metadata.Stored("deviceprofile", "dryer")["description"]);
    }

    [Fact]
    public async Task What_EdgeX_drops_without_a_word_is_read_back_and_said()
    {
        await using var edgeX = await ServeAsync();
        await using var rig = new EdgeXRig();
        await rig.Runner.UntilReadyAsync(Unit(edgeX, [Profile("one", "Setpoint"), Profile("two", "Level")], [Device("D", "one", "Setpoint")]), Stop);

        var plan = await rig.Runner.UntilAsync(Unit(edgeX, [Profile("one", "Setpoint"), Profile("two", "Level")], [Device("D", "two", "Setpoint")]), null,
            plan => plan is { Steps.IsEmpty: true, Status: UnitStatus.Unhealthy }, Stop);

        Assert.Equal(new UnitStatus.Unhealthy("device 'D': EdgeX took it, and has another autoEvents now", FailureCause.Content), plan.Status);
    }

    [Fact]
    public async Task A_device_waits_for_its_service_and_a_service_that_is_silent_is_asked_again()
    {
        await using var edgeX = await EdgeXDouble.StartAsync(cancellationToken: Stop);
        edgeX.Metadata.Silent.Add("device-modbus");
        await using var rig = new EdgeXRig();
        var unit = Unit(edgeX, [Profile("dryer", "Setpoint")], [Device("Dryer 1", "dryer")]);

        var waiting = await rig.Runner.UntilAsync(unit, null, plan => plan is { Steps.IsEmpty: true, Status: UnitStatus.Unhealthy }, Stop);
        edgeX.Metadata.AddService("device-modbus");
        await rig.RestartAsync();
        await rig.Runner.UntilAsync(unit, null, _ => rig.Runner.LastFailure is not null, Stop);
        edgeX.Metadata.Silent.Clear();
        await rig.Runner.UntilReadyAsync(unit, Stop);

        Assert.Equal("the device service 'device-modbus' has registered itself with EdgeX", waiting.Holds.Single().Until);
        Assert.Contains("503", ((StepOutcome.Retry)rig.Runner.LastFailure!).Problem.What, StringComparison.Ordinal);
        Assert.Equal(FailureCause.Environment, ((StepOutcome.Retry)rig.Runner.LastFailure!).Cause);
    }

    [Fact]
    public async Task While_EdgeX_is_away_nothing_is_removed_and_when_the_unit_left_it_waits()
    {
        await using var edgeX = await ServeAsync();
        await using var rig = new EdgeXRig();
        var unit = Unit(edgeX, [Profile("dryer", "Setpoint")], [Device("Dryer 1", "dryer")], Watcher("find", "dryer"));
        await rig.Runner.UntilReadyAsync(unit, Stop);
        edgeX.Metadata.Put("deviceprofile", Profile("theirs", "Level"));
        edgeX.IsAway = true;
        await rig.RestartAsync();

        var away = await rig.Runner.UntilAsync(unit, unit, plan => plan.Status is UnitStatus.Unhealthy, Stop);
        var leaving = await rig.Runner.UntilAsync(null, unit, plan => !plan.Holds.IsEmpty, Stop);
        edgeX.IsAway = false;
        await rig.Runner.UntilAsync(null, unit, plan => !plan.Steps.IsEmpty, Stop);

        Assert.Equal(FailureCause.Environment, ((UnitStatus.Unhealthy)away.Status).Cause);
        Assert.Empty(leaving.Steps);
        Assert.Equal(["theirs"], edgeX.Metadata.Names("deviceprofile"));
        Assert.Equal([], edgeX.Metadata.Names("device").Concat(edgeX.Metadata.Names("provisionwatcher")));
    }

    [Fact]
    public async Task What_is_retained_stays_when_the_unit_goes()
    {
        await using var edgeX = await ServeAsync();
        await using var rig = new EdgeXRig();
        var unit = Unit(edgeX, [Profile("dryer", "Setpoint")], []);
        unit = unit with { Spec = (EdgeXSpec)unit.Spec with { DeletionPolicy = DeletionPolicy.Retain } };
        await rig.Runner.UntilReadyAsync(unit, Stop);

        var plan = await rig.Runner.TurnAsync(null, unit, Stop);

        Assert.Single(plan.Steps);
        Assert.Equal(["dryer"], edgeX.Metadata.Names("deviceprofile"));
    }

    [Fact]
    public async Task A_profile_change_that_would_break_somebody_elses_device_is_not_made()
    {
        await using var edgeX = await ServeAsync();
        await using var rig = new EdgeXRig();
        await rig.Runner.UntilReadyAsync(Unit(edgeX, [Profile("dryer", "Setpoint", "Level")], []), Stop);
        edgeX.Metadata.Put("device", Device("Theirs", "dryer", "Level"));
        await rig.RestartAsync();

        var plan = await rig.Runner.UntilAsync(Unit(edgeX, [Profile("dryer", "Setpoint")], []), null, plan => plan.Status is UnitStatus.Unhealthy, Stop);

        Assert.Equal("profile 'dryer': device 'Theirs', which is somebody else's, has an auto event of 'Level', and the profile has it no more",
            ((UnitStatus.Unhealthy)plan.Status).Message);
    }

    [Fact]
    public async Task What_EdgeX_3_would_drop_is_said_and_not_sent()
    {
        await using var edgeX = await ServeAsync("3.1.1");
        await using var rig = new EdgeXRig();
        var device = Device("Dryer 1", "dryer");
        device["parent"] = "Line";

        var plan = await rig.Runner.UntilAsync(Unit(edgeX, [Profile("dryer", "Setpoint")], [device]), null, plan => plan is { Steps.IsEmpty: true, Status: UnitStatus.Unhealthy }, Stop);

        Assert.Equal("device 'Dryer 1': EdgeX 3.1.1 has no 'parent'; EdgeX 4 has", ((UnitStatus.Unhealthy)plan.Status).Message);
        Assert.Empty(edgeX.Metadata.Names("device"));
    }

    [Fact]
    public async Task More_than_a_page_is_read_whole_and_sent_in_parts()
    {
        await using var edgeX = await ServeAsync();
        await using var rig = new EdgeXRig();
        var devices = Enumerable.Range(0, 230).Select(i => Device($"D{i}", "dryer")).ToList();

        await rig.Runner.UntilReadyAsync(Unit(edgeX, [Profile("dryer", "Setpoint")], devices), Stop);
        await rig.Runner.UntilReadyAsync(Unit(edgeX, [Profile("dryer", "Setpoint")], devices.Take(1)), Stop);

        Assert.Equal(["D0"], edgeX.Metadata.Names("device"));
        Assert.Equal(12, edgeX.Writes().Count(one => one.Method == "POST" && one.Path.EndsWith("/device", StringComparison.Ordinal)));
    }
}
