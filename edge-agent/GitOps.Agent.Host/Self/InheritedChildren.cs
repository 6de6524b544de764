using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Self;

/// <summary>
/// Shims that the agent before this one started are still children of this process. .NET collects only those it started
/// itself, so what is left of these would stay in the process table for as long as this agent runs.
/// </summary>
internal sealed class InheritedChildren : IDisposable
{
    private const int ChildEnded = 17; // SIGCHLD of signal(7) on x64 and arm64

    private readonly HashSet<int> _children;
    private readonly PosixSignalRegistration? _ended;

    private InheritedChildren(HashSet<int> children)
    {
        _children = children;
        if (children.Count > 0)
        {
            _ended = PosixSignalRegistration.Create((PosixSignal)ChildEnded, _ => Collect());
            Collect();
        }
    }

    /// <summary>Before this process starts anything itself.</summary>
    public static InheritedChildren Watch() => new([.. Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Where(pid => pid > 0 && ParentOf(pid) == Environment.ProcessId)]);

    public void Dispose() => _ended?.Dispose();

    private void Collect()
    {
        lock (_children)
        {
            _children.RemoveWhere(ProcessImage.Collect);
        }
    }

    /// <summary>Field 4 of <c>/proc/PID/stat</c>, counted from behind the name, which may hold anything.</summary>
    private static int ParentOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"), Encoding.UTF8);
            return stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var parent, ..]
                ? int.Parse(parent, CultureInfo.InvariantCulture)
                : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0; // ended meanwhile
        }
    }
}
