using System.Collections;
using System.Runtime.InteropServices;
using GitOps.Platform.Files;

namespace GitOps.Platform.Processes;

/// <summary>
/// Puts another program in the place of this one: the process stays, with its id, its parent, its children and its standard
/// streams, so that whoever supervises it sees no end. Everything else of .NET ends with the call.
/// </summary>
public static partial class ProcessImage
{
    /// <summary>Returns only when it did not happen, with the reason as errno has it.</summary>
    /// <param name="arguments">Without the program itself.</param>
    /// <param name="more">Added to the environment; null takes a variable away.</param>
    public static FileLayerException Replace(string path, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?> more)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value, StringComparer.Ordinal);
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        string?[] argv = [path, .. arguments, null];
        string?[] envp = [.. environment.Where(e => e.Value is not null).Select(e => $"{e.Key}={e.Value}"), null];
        _ = Execute(path, argv, envp);
        return Errno.ToException("run", path);
    }

    /// <summary>
    /// SIGALRM, which ends a process that does not expect it, after this long; zero takes it back. It outlives
    /// <see cref="Replace"/>: a program that hangs in its first line is ended all the same. Children do not have it.
    /// </summary>
    public static void EndAfter(TimeSpan limit) => _ = Alarm((uint)Math.Ceiling(limit.TotalSeconds));

    /// <summary>
    /// Takes note of the end of children that this process had before it became what it is: .NET collects only those it began.
    /// </summary>
    /// <returns>Whether it has ended.</returns>
    public static bool Collect(int child) => Wait(child, nint.Zero, 1) != 0; // 1: WNOHANG; its id, or -1 when it is no child any more

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, string?[] arguments, string?[] environment);

    [LibraryImport("libc", EntryPoint = "alarm")]
    private static partial uint Alarm(uint seconds);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int Wait(int child, nint status, int options);
}
