using System.Text;
using GitOps.Platform.Age;
using GitOps.Platform.Files;

namespace GitOps.Cli.Secrets;

/// <summary>
/// Whom the secrets of a repository are encrypted to: <c>.gitops/recipients</c>, one <c>age1…</c> a line, <c>#</c> begins a
/// comment. A plain file: a review shows who may read what is encrypted from here on. A file that was encrypted to others has a list of
/// its own beside it, as it does not tell itself whom it is for.
/// </summary>
/// <param name="file">Whose own list, relative to the repository; null: that of all others.</param>
internal sealed class RecipientList(string repository, string? file = null)
{
    public const string Shared = ".gitops/recipients";

    /// <summary>Relative to the repository.</summary>
    public string Name { get; } = file is null ? Shared : $"{file}.recipients";

    public string Path => $"{repository}/{Name}";

    public bool Exists => File.Exists(Path);

    /// <summary>The lines as they stand there; none where there is no file.</summary>
    public IReadOnlyList<string> Lines => Exists ? File.ReadAllLines(Path) : [];

    /// <summary>The recipients in order, or the line that holds none.</summary>
    public (IReadOnlyList<AgeRecipient> Recipients, string? Wrong) Read()
    {
        List<AgeRecipient> recipients = [];
        var number = 0;
        foreach (var line in Lines)
        {
            number++;
            if (Bare(line) is not { Length: > 0 } text)
            {
                continue;
            }

            if (AgeRecipient.TryParse(text) is not { } recipient)
            {
                return ([], $"{Name}:{number}: '{text}' is no recipient of age");
            }

            recipients.Add(recipient);
        }

        return ([.. recipients.Distinct()], null);
    }

    public void Add(NamedRecipient recipient) => Write([.. Lines, recipient.ToString()]);

    /// <summary>Lists just these. Where it does so already nothing is written, and comments stay.</summary>
    public void Set(IReadOnlyCollection<NamedRecipient> recipients)
    {
        if (Read() is not { Wrong: null, Recipients: var listed } || !listed.ToHashSet().SetEquals(recipients.Select(one => one.Recipient)))
        {
            Write([.. recipients.Select(recipient => recipient.ToString())]);
        }
    }

    /// <returns>Whether it was there.</returns>
    public bool Remove(AgeRecipient recipient)
    {
        var (before, text) = (Lines, recipient.ToString());
        List<string> kept = [.. before.Where(line => Bare(line) != text)];
        if (kept.Count == before.Count)
        {
            return false;
        }

        Write(kept);
        return true;
    }

    private static string Bare(string line) => line.Split('#')[0].Trim();

    private void Write(IReadOnlyList<string> lines)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        AtomicFile.Write(DiskFileLayer.Host, System.IO.Path.GetFullPath(Path), Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))), AtomicFile.Readable);
    }
}
