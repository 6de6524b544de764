using System.Globalization;
using System.Reflection;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Self;

/// <summary>This program: its path and version, and by whom it was chosen to run.</summary>
/// <param name="Path">The executable that runs.</param>
/// <param name="Version">Its version.</param>
/// <param name="Installed">The installed executable, which chose it; the same when nothing else was chosen.</param>
/// <param name="InstalledVersion">The version of that one.</param>
/// <param name="IsChosen">It was put in the place of the installed one, so it does not choose again.</param>
internal sealed record OwnProgram(string Path, string Version, string Installed, string InstalledVersion, bool IsChosen)
{
    /// <summary>
    /// <c>PID:VERSION:PATH</c> of the installed executable. The process id makes it mean nothing in anybody else's environment,
    /// and so nobody can be led in a circle by it.
    /// </summary>
    private const string Variable = "GITOPS_AGENT_CHOSEN_BY";

    /// <summary>What <c>--version</c> prints, without the commit behind the plus.</summary>
    public static string OwnVersion { get; } =
        typeof(OwnProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    /// <summary>Looks once; afterwards the environment, which workloads' shims inherit, says nothing of it.</summary>
    public static OwnProgram Current { get; } = Look();

    /// <summary>Whether this is one executable, and not a library that needs a runtime beside it.</summary>
    public bool IsOneFile => System.IO.Path.GetFileNameWithoutExtension(Path) != "dotnet";

    private static IReadOnlyList<string> Arguments => [.. Environment.GetCommandLineArgs().Skip(1)];

    /// <summary>Puts the chosen one in the place of this process. Returns only why that failed.</summary>
    public IOException Become(string chosen) => ProcessImage.Replace(chosen, Arguments, new Dictionary<string, string?>
    {
        [Variable] = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}:{Version}:{Path}"),
    });

    /// <summary>Puts the installed one in the place of this process, to choose. Returns only why that failed.</summary>
    public IOException ChooseAgain() => ProcessImage.Replace(Installed, Arguments, new Dictionary<string, string?>());

    private static OwnProgram Look()
    {
        var path = Environment.ProcessPath ?? throw new InvalidOperationException("this process has no path");
        var by = Environment.GetEnvironmentVariable(Variable)?.Split(':', 3);
        Environment.SetEnvironmentVariable(Variable, null);
        return by is [var pid, var version, var installed] && pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
            ? new OwnProgram(path, OwnVersion, installed, version, IsChosen: true)
            : new OwnProgram(path, OwnVersion, path, OwnVersion, IsChosen: false);
    }
}
