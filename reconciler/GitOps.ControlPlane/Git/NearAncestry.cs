using System.Text;

namespace GitOps.ControlPlane.Git;

/// <summary>Looks for a commit among the ones right before another, by their objects.</summary>
internal static class NearAncestry
{
    private const int Steps = 16;
    private const int CommitBytes = 1 << 20;

    /// <exception cref="GitObjectsException">Git ended in between.</exception>
    public static async Task<bool> IsOfAsync(GitObjects objects, string old, string next, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> level = [next];
        for (var step = 0; step < Steps && level.Count is > 0 and <= Steps; step++)
        {
            if (level.Contains(old))
            {
                return true;
            }

            List<string> parents = [];
            await foreach (var commit in objects.ReadAsync(level, CommitBytes, cancellationToken).ConfigureAwait(false))
            {
                parents.AddRange(Parents(commit));
            }

            level = [.. parents.Distinct(StringComparer.Ordinal)];
        }

        return level.Contains(old);
    }

    // A commit begins with its tree, then its parents, one a line.
    private static IEnumerable<string> Parents(GitObject? commit) => commit is { Type: "commit", Bytes: { } bytes }
        ? Encoding.Latin1.GetString(bytes).Split('\n').Skip(1)
            .TakeWhile(line => line.StartsWith("parent ", StringComparison.Ordinal)).Select(line => line["parent ".Length..])
        : [];
}
