using GitOps.Agent.Devices;
using GitOps.Agent.Policy;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Devices;

/// <summary>What a person may set at the machine, and what Git has the last word on.</summary>
public sealed class PersonWriteTests
{
    private static readonly AgentPolicy Policy = new() { Format = 1, Devices = new DevicePolicy { Writable = ["plc/*"] } };

    private static readonly DesiredValue Seventy = new(new DeviceValue.Number(70));

    [Theory]
    [InlineData("setpoint", "65", null)]
    [InlineData("setpoint", "-1", "-1 is below the minimum 0 of 'setpoint'")]
    [InlineData("setpoint", "121", "121 is above the maximum 120 of 'setpoint'")]
    [InlineData("setpoint", "warm", "'warm' is no Int16")]
    [InlineData("heater", "true", null)]
    [InlineData("heater", "1", "'1' is no Bool")]
    [InlineData("temperature", "1", "'temperature' of 'plc' can only be read")]
    [InlineData("title", "x", "'plc' has no property 'title'; it has setpoint, heater, temperature")]
    public void A_value_of_the_property_is_written_and_others_are_refused_with_the_reason(string property, string value, string? refusal) =>
        Assert.Equal(refusal, Refusal(property, value, State(desired: null)));

    [Fact]
    public void Only_what_the_node_allows_is_written() => Assert.Equal(
        "'plc/setpoint' is none of \"devices\".\"writable\" in policy.json of this node",
        Refusal("setpoint", "65", State(null), policy: new AgentPolicy { Format = 1 }));

    [Fact]
    public void What_Git_applied_once_may_be_changed_and_what_it_is_about_to_write_or_holds_may_not()
    {
        Assert.Null(Refusal("setpoint", "65", State(Seventy, MemoryStage.Applied)));
        Assert.StartsWith("Git is about to set 'setpoint' to 70", Refusal("setpoint", "65", State(Seventy)), StringComparison.Ordinal);
        Assert.StartsWith("Git is about to set 'setpoint' to 70", Refusal("setpoint", "65", State(Seventy, MemoryStage.Writing)), StringComparison.Ordinal);
        var held = Seventy with { Apply = ApplyMode.Hold };
        Assert.StartsWith("Git holds 'setpoint' at 70", Refusal("setpoint", "65", State(held, MemoryStage.Applied)), StringComparison.Ordinal);
        Assert.Null(Refusal("setpoint", "65", State(held, MemoryStage.Applied), isHeld: true));
    }

    [Fact]
    public void An_interlock_counts_for_people_too()
    {
        var interlocked = Seventy with { WriteWhen = new WriteInterlock("heater", new DeviceValue.Boolean(false)) };
        var state = State(interlocked, MemoryStage.Applied);
        Assert.Equal("'setpoint' is written only while heater is false; it is not known", Refusal("setpoint", "65", state));
        Assert.Equal("'setpoint' is written only while heater is false; it is true", Refusal("setpoint", "65", Reading(state, new DeviceValue.Boolean(true))));
        Assert.Null(Refusal("setpoint", "65", Reading(state, new DeviceValue.Boolean(false))));
    }

    [Fact]
    public void A_device_that_is_away_is_not_written_to() => Assert.Equal(
        "'plc' does not answer: unplugged", Refusal("setpoint", "65", State(null) with { Link = new DeviceLink.Away("unplugged") }));

    private static string? Refusal(string property, string value, DeviceState state, AgentPolicy? policy = null, bool isHeld = false) =>
        (PersonWrite.Judge("plc", property, value, state, policy ?? Policy, isHeld) as PersonWrite.Refused)?.Why;

    private static DeviceState Reading(DeviceState state, DeviceValue heater) => state with
    {
        Properties = [new PropertyState("heater") { Reading = new Reading(heater, TimeSpan.Zero) }],
    };

    private static DeviceState State(DesiredValue? desired, MemoryStage? stage = null) => new()
    {
        Now = TimeSpan.Zero,
        Boot = new BootTime("boot", TimeSpan.Zero),
        Link = new DeviceLink.Online(),
        Following = new DeviceSpec
        {
            Protocol = DeviceProtocol.Simulated,
            Connection = new DeviceConnection(),
            Properties =
            [
                new DeviceProperty { Name = "setpoint", Type = DeviceValueType.Int16, Access = DeviceAccess.ReadWrite, Minimum = 0, Maximum = 120, Desired = desired },
                new DeviceProperty { Name = "heater", Type = DeviceValueType.Bool, Access = DeviceAccess.ReadWrite },
                new DeviceProperty { Name = "temperature", Type = DeviceValueType.Int16 },
            ],
        },
        Memory = stage is { } at ? new DeviceMemory().With(new PropertyMemory("setpoint", DesiredVersion.Of(desired!), at)) : new DeviceMemory(),
    };
}
