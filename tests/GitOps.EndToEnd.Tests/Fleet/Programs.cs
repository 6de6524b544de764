using System.Runtime.CompilerServices;

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

    /// <summary>Whether <c>./test --long</c> asks for the long runs.</summary>
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("GITOPS_LONG") == "1";

    /// <summary>Whether the agent starts without a runtime; one that needs it has its library beside it.</summary>
    public static bool IsAgentNative { get; } = !File.Exists(Agent + ".dll");

    /// <summary>The native agent for arm64; null where it was not published.</summary>
    public static string? Arm64Agent { get; } = Named("GITOPS_AGENT_ARM64");

    /// <summary>A folder with the libraries that one needs.</summary>
    public static string? Arm64Root { get; } = Named("GITOPS_ARM64_ROOT");

    /// <summary>The top of the repository.</summary>
    public static string Repository { get; } = FindRepository();

    private static string? Named(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path ? Path.GetFullPath(path) : null;

    private static string FindRepository([CallerFilePath] string here = "")
    {
        var directory = Path.GetDirectoryName(here);
        while (directory is not null && !File.Exists(Path.Combine(directory, "GitOps.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException($"no GitOps.sln above {here}");
    }
}
