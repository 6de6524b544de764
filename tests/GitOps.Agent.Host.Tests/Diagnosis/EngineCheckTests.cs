using GitOps.Agent.Host.Containers;
using GitOps.Agent.Host.Diagnosis;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Diagnosis;

/// <summary>What doctor says of the engine that agent.json names.</summary>
public sealed class EngineCheckTests
{
    [Fact]
    public async Task The_engine_that_is_configured_is_tried_and_no_other()
    {
        using var folder = new TempDirectory();
        var missing = await Look(new EngineChoice([folder["engine.sock"]], null));
        Assert.Equal(CheckLevel.Warn, missing.Level);
        Assert.Contains($"there is nothing at [{folder["engine.sock"]}]", missing.What, StringComparison.Ordinal);

        await File.WriteAllTextAsync(folder["engine.sock"], "no socket", TestContext.Current.CancellationToken);
        Assert.Equal(CheckLevel.Warn, (await Look(new EngineChoice([folder["engine.sock"]], null))).Level);
    }

    [Fact]
    public async Task An_engine_that_is_started_by_need_is_not_started_for_a_look()
    {
        Assert.Equal(CheckLevel.Ok, (await Look(new EngineChoice(["/nowhere/podman.sock"], "sh"))).Level);
        Assert.Equal(CheckLevel.Warn, (await Look(new EngineChoice([], "no-such-podman"))).Level);
        Assert.Equal(CheckLevel.Note, (await Look(EngineChoice.None)).Level);
    }

    private static Task<Check> Look(EngineChoice choice) => Reaching.EngineAsync(choice, TestContext.Current.CancellationToken);
}
