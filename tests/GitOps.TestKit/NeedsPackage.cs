using GitOps.Platform.Processes;
using Xunit;

namespace GitOps.TestKit;

/// <summary>For tests of what a bare machine may lack: they skip with a reason there, and fail in CI.</summary>
public static class NeedsPackage
{
    /// <summary>Whether a missing part is a failure (<c>GITOPS_CI=1</c>).</summary>
    public static bool IsCi => Environment.GetEnvironmentVariable("GITOPS_CI") == "1";

    /// <summary>Returns the program's path.</summary>
    /// <param name="package">The Debian package.</param>
    /// <param name="program">The program to look for; default: of the package's name.</param>
    public static string OrSkip(string package, string? program = null)
    {
        var path = ProgramPath.Find(program ?? package, workingDirectory: null);
        if (path is null)
        {
            Missing($"needs the Debian package {package}: apt-get install {package}");
        }

        return path!;
    }

    /// <summary>Skips the test, or fails it in CI.</summary>
    public static void Missing(string reason)
    {
        Assert.False(IsCi, reason);
        Assert.Skip(reason);
    }
}
