using System.Globalization;
using System.Text;
using GitOps.Manifests;
using GitOps.Platform.Processes;

namespace GitOps.Benchmarks.Fleets;

/// <summary>
/// Two bare repositories: one of an author, with the whole history made in advance by git-fast-import(1), and the served one
/// that commits are pushed to and the control plane fetches from.
/// </summary>
internal sealed class BenchRepository
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(30);
    private readonly string _directory;
    private readonly ICommandRunner _commands;

    private BenchRepository(string directory, ICommandRunner commands) => (_directory, _commands) = (directory, commands);

    /// <summary>Full ids, oldest first.</summary>
    public IReadOnlyList<string> Commits { get; private set; } = [];

    public string Author => $"{_directory}/author.git";

    public string Served => $"{_directory}/served.git";

    /// <summary>What is fetched: by the transport a remote uses, not by a copy of files.</summary>
    public string Address => $"file://{Served}";

    /// <summary>Makes the history; nothing of it is served yet.</summary>
    /// <param name="first">The tree of the first commit.</param>
    /// <param name="later">One file for each commit after it.</param>
    public static async Task<BenchRepository> CreateAsync(
        string directory, ICommandRunner commands, IEnumerable<SourceFile> first, IEnumerable<SourceFile> later, CancellationToken cancellationToken)
    {
        var repository = new BenchRepository(directory, commands);
        Directory.CreateDirectory(directory);
        foreach (var bare in new[] { repository.Author, repository.Served })
        {
            await repository.GitAsync(cancellationToken, "init", "--quiet", "--bare", "--initial-branch=main", bare);
        }

        var marks = $"{directory}/marks";
        await repository.ImportAsync(marks, first, later, cancellationToken);
        repository.Commits = [.. File.ReadLines(marks)
            .Select(line => line.Split(' '))
            .OrderBy(parts => int.Parse(parts[0][1..], CultureInfo.InvariantCulture))
            .Select(parts => parts[1])];
        return repository;
    }

    /// <summary>A repository made before, by another process.</summary>
    public static BenchRepository Open(string directory, ICommandRunner commands, IReadOnlyList<string> commits) =>
        new(directory, commands) { Commits = commits };

    /// <summary>A real push: the served branch is at this commit from here on.</summary>
    public Task PushAsync(int commit, CancellationToken cancellationToken) =>
        GitAsync(cancellationToken, "--git-dir", Author, "push", "--quiet", Served, $"{Commits[commit]}:refs/heads/main");

    /// <summary>The author's repository as a remote, where <see cref="Shown"/> moves without a push and without new packs.</summary>
    public string ShownAddress => $"file://{Author}";

    /// <summary>The branch <see cref="ShowAsync"/> moves.</summary>
    public const string Shown = "shown";

    /// <summary>The shown branch is at this commit from here on: for many commits, of which only the fetches matter.</summary>
    public Task ShowAsync(int commit, CancellationToken cancellationToken) =>
        GitAsync(cancellationToken, "--git-dir", Author, "update-ref", $"refs/heads/{Shown}", Commits[commit]);

    /// <summary>Runs git; what it says.</summary>
    public async Task<string> GitAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await _commands.RunAsync(new Command(["git", .. arguments]) { Environment = Plain, Deadline = Deadline }, cancellationToken);
        return result.Succeeded
            ? result.Output
            : throw new InvalidOperationException($"git {string.Join(' ', arguments)} failed: {result.Error.Trim()}");
    }

    /// <summary>Nothing of the person's configuration; no housekeeping in the middle of a measurement.</summary>
    private static Dictionary<string, string?> Plain => new()
    {
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_CONFIG_NOSYSTEM"] = "1",
        ["GIT_CONFIG_COUNT"] = "1",
        ["GIT_CONFIG_KEY_0"] = "gc.auto",
        ["GIT_CONFIG_VALUE_0"] = "0",
    };

    private async Task ImportAsync(string marks, IEnumerable<SourceFile> first, IEnumerable<SourceFile> later, CancellationToken cancellationToken)
    {
        await using var import = LongProcess.Start(
            new Command(["git", "--git-dir", Author, "fast-import", "--quiet", $"--export-marks={marks}"]) { Environment = Plain })
            ?? throw new InvalidOperationException("there is no git program");
        await using (var stream = new BufferedStream(import.Input, 1 << 20))
        {
            var number = 1;
            WriteCommit(stream, number, first);
            foreach (var file in later)
            {
                WriteCommit(stream, ++number, [file]);
            }

            await stream.FlushAsync(cancellationToken);
        }

        if (await import.WaitForExitAsync(cancellationToken) != 0)
        {
            throw new InvalidOperationException($"git fast-import failed: {import.Error}");
        }
    }

    private static void WriteCommit(Stream stream, int number, IEnumerable<SourceFile> files)
    {
        Write(stream, $"commit refs/heads/main\nmark :{number}\ncommitter Bench <bench@example.org> {1_760_000_000 + number} +0000\ndata 6\nchange\n");
        foreach (var file in files)
        {
            Write(stream, $"M 100644 inline {file.Path}\ndata {file.Bytes.Length}\n");
            stream.Write(file.Bytes.Span);
            Write(stream, $"\n");
        }
    }

    private static void Write(Stream stream, FormattableString text) =>
        stream.Write(Encoding.UTF8.GetBytes(text.ToString(CultureInfo.InvariantCulture)));
}
