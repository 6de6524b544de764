namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary>The programs under test, as a person would start them.</summary>
internal static class Programs
{
    /// <summary>The control plane and the command line of people.</summary>
    public static string GitOps { get; } = Path.Combine(AppContext.BaseDirectory, "gitops");

    /// <summary>What <c>GITOPS_AGENT</c> names (in <c>./test</c> the native binary), or the one built with the tests.</summary>
    public static string Agent { get; } = Path.GetFullPath(
        Environment.GetEnvironmentVariable("GITOPS_AGENT") is { Length: > 0 } named
            ? named
            : Path.Combine(AppContext.BaseDirectory, "gitops-agent"));

    /// <summary>Whether the agent starts without a runtime; one that needs it has its library beside it.</summary>
    public static bool IsAgentNative { get; } = !File.Exists(Agent + ".dll");
}
