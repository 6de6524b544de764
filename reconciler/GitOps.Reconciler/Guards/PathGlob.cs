namespace GitOps.Reconciler.Guards;

/// <summary>
/// Paths with wildcards: <c>*</c> is any part of one name, <c>?</c> one character of it, <c>**</c> as a whole name any
/// folders, none included. All else is itself; a folder's name alone is not what lies in it.
/// </summary>
public static class PathGlob
{
    public static bool Matches(string glob, string path) => Matches(glob.Split('/'), path.Split('/'));

    private static bool Matches(ReadOnlySpan<string> glob, ReadOnlySpan<string> path)
    {
        while (!glob.IsEmpty && glob[0] != "**")
        {
            if (path.IsEmpty || !NameMatches(glob[0], path[0]))
            {
                return false;
            }

            glob = glob[1..];
            path = path[1..];
        }

        if (glob.IsEmpty)
        {
            return path.IsEmpty;
        }

        // At the end it is what lies in the folder, not the folder itself.
        var rest = glob[1..];
        for (var skipped = rest.IsEmpty ? 1 : 0; skipped <= path.Length; skipped++)
        {
            if (rest.IsEmpty || Matches(rest, path[skipped..]))
            {
                return true;
            }
        }

        return false;
    }

    // Goes back to the last star only: that is enough, and costs no more than the product of the lengths.
    private static bool NameMatches(string glob, string name)
    {
        var (g, n, star, mark) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (g < glob.Length && glob[g] == '*')
            {
                (star, mark) = (g++, n);
            }
            else if (g < glob.Length && (glob[g] == '?' || glob[g] == name[n]))
            {
                (g, n) = (g + 1, n + 1);
            }
            else if (star >= 0)
            {
                (g, n) = (star + 1, ++mark);
            }
            else
            {
                return false;
            }
        }

        return glob.AsSpan(g).Trim('*').IsEmpty;
    }
}
