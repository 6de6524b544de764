using System.Text;
using GitOps.Platform.Age;
using GitOps.Platform.Files;

namespace GitOps.Cli.Secrets;

/// <summary>
/// Whom the secrets of a repository are encrypted to: <c>.gitops/recipients</c>, one <c>age1…</c> a line, <c>#</c> begins a
/// comment. A plain file: a review shows who may read what is encrypted from here on.
/// </summary>
internal sealed class RecipientList(string repository)
{
    public const string Name = ".gitops/recipients";

    public string Path => $"{repository}/{Name}";

    /// <summary>The lines as they stand there; none where there is no file.</summary>
    public IReadOnlyList<string> Lines => File.Exists(Path) ? File.ReadAllLines(Path) : [];

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

    public void Add(AgeRecipient recipient, string? comment) =>
        Write([.. Lines, comment is { Length: > 0 } ? $"{recipient} # {comment}" : recipient.ToString()]);

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
