namespace GitOps.Manifests;

/// <summary>Finds what somebody most likely meant to write.</summary>
public static class Spelling
{
    private const int MaxLength = 63;

    /// <summary>
    /// The nearest candidate within a third of the word's length; of equals the one that begins most like it, then the
    /// first. Null when none is near.
    /// </summary>
    public static string? Nearest(string written, IEnumerable<string> candidates)
    {
        string? nearest = null;
        var limit = Limit(written);
        foreach (var candidate in candidates)
        {
            var distance = Distance(written, candidate, limit);
            if (distance <= limit &&
                (distance < limit || nearest is null ||
                    CommonPrefix(written, candidate) > CommonPrefix(written, nearest)))
            {
                nearest = candidate;
                limit = distance;
                if (distance == 0)
                {
                    break;
                }
            }
        }

        return nearest;
    }

    public static bool IsNear(string written, string candidate) =>
        !string.Equals(written, candidate, StringComparison.Ordinal) &&
        Distance(written, candidate, Limit(written)) <= Limit(written);

    private static int Limit(string written) => written.Length > MaxLength ? 0 : Math.Max(1, written.Length / 3);

    // Optimal string alignment, ignoring case: a swap of neighbours is one mistake. Gives limit + 1 when it is more.
    private static int Distance(string left, string right, int limit)
    {
        if (Math.Abs(left.Length - right.Length) > limit || right.Length > MaxLength)
        {
            return limit + 1;
        }

        Span<int> beforeLast = stackalloc int[MaxLength + 1];
        Span<int> last = stackalloc int[MaxLength + 1];
        Span<int> current = stackalloc int[MaxLength + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            var smallest = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = Same(left[i - 1], right[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1] + 1, last[j] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]))
                {
                    current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
                }

                smallest = Math.Min(smallest, current[j]);
            }

            if (smallest > limit)
            {
                return limit + 1;
            }

            last.CopyTo(beforeLast);
            current.CopyTo(last);
        }

        return last[right.Length];
    }

    private static int CommonPrefix(string left, string right) => left.AsSpan().CommonPrefixLength(right);

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
