using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

/// <summary>A bundle that names the node's agent.</summary>
internal static class AgentSamples
{
    public static Bundle Bundle { get; } = Bundle.Of(
        [new Unit(AgentSpec.SelfName, new AgentSpec { Version = "0.5.0", Executable = [new ContentPart.Blob(Digest.Of("agent"u8), 18_000_000)] })]);
}
