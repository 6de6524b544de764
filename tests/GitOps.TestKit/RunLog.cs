using GitOps.Platform.Processes;

namespace GitOps.TestKit;

/// <summary>
/// What programs said in tests, kept where <c>GITOPS_TEST_LOGS</c> names a folder: <c>./test</c> looks through all of it for secrets
/// (<c>tests/leaks</c>). What a test makes up as a secret holds <see cref="Marker"/>, so that it is found wherever it comes out.
/// </summary>
public static class RunLog
{
    /// <summary>Part of every secret of tests.</summary>
    public const string Marker = "kept-from-every-log";

    private static readonly string? Folder = Environment.GetEnvironmentVariable("GITOPS_TEST_LOGS");
    private static readonly Lock Writing = new();

    /// <param name="program">Names the file: what is printed on purpose is known by it.</param>
    public static void Keep(string program, string said)
    {
        if (Folder is { Length: > 0 } folder && said.Length > 0)
        {
            lock (Writing)
            {
                Directory.CreateDirectory(folder);
                File.AppendAllText($"{folder}/{program}.{Environment.ProcessId}.log", said + "\n");
            }
        }
    }

    /// <summary>Of one of our programs that ran to its end, named with its command: <c>gitops-enroll-create</c>. What others said is not kept.</summary>
    /// <param name="command">The program and its arguments, behind whatever starts it.</param>
    public static void Keep(IEnumerable<string> command, CommandResult said)
    {
        var words = command.SkipWhile(word => Path.GetFileNameWithoutExtension(word) is not ("gitops" or "gitops-agent")).ToList();
        if (words.Count > 0)
        {
            var name = words.Skip(1).TakeWhile(word => word.All(char.IsAsciiLetterLower)).Take(2).Prepend(Path.GetFileNameWithoutExtension(words[0]));
            Keep(string.Join('-', name), said.Output + said.Error);
        }
    }
}
