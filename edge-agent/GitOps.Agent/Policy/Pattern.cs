namespace GitOps.Agent.Policy;

/// <summary>Names of a policy: <c>*</c> stands for any run of characters.</summary>
internal static class Pattern
{
    public static bool Matches(string pattern, string text)
    {
        var parts = pattern.Split('*');
        if (parts.Length == 1)
        {
            return pattern == text;
        }

        if (!text.StartsWith(parts[0], StringComparison.Ordinal) || text.Length < parts[0].Length + parts[^1].Length ||
            !text.EndsWith(parts[^1], StringComparison.Ordinal))
        {
            return false;
        }

        var (at, end) = (parts[0].Length, text.Length - parts[^1].Length);
        foreach (var part in parts[1..^1])
        {
            var found = text.IndexOf(part, at, end - at, StringComparison.Ordinal);
            if (found < 0)
            {
                return false;
            }

            at = found + part.Length;
        }

        return true;
    }
}
