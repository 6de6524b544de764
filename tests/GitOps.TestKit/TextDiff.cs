namespace GitOps.TestKit;

/// <summary>A line diff by longest common subsequence, for failure messages.</summary>
public static class TextDiff
{
    private const int Context = 3;

    /// <summary>Lines removed with <c>-</c>, added with <c>+</c>, three around each change.</summary>
    public static string Between(string expected, string actual)
    {
        var lines = Lines(expected.Split('\n'), actual.Split('\n'));
        var isNear = lines
            .Select((_, i) => lines.Skip(Math.Max(0, i - Context)).Take((2 * Context) + 1).Any(line => line[0] != ' '))
            .ToList();
        List<string> shown = [];
        for (var i = 0; i < lines.Count; i++)
        {
            if (isNear[i])
            {
                shown.Add(lines[i]);
            }
            else if (i > 0 && isNear[i - 1])
            {
                shown.Add("  …");
            }
        }

        return string.Join('\n', shown);
    }

    private static List<string> Lines(string[] old, string[] now)
    {
        var common = new int[old.Length + 1, now.Length + 1];
        for (var i = old.Length - 1; i >= 0; i--)
        {
            for (var j = now.Length - 1; j >= 0; j--)
            {
                common[i, j] = old[i] == now[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        List<string> lines = [];
        var (a, b) = (0, 0);
        while (a < old.Length || b < now.Length)
        {
            if (a < old.Length && b < now.Length && old[a] == now[b])
            {
                lines.Add("  " + old[a++]);
                b++;
            }
            else if (b == now.Length || (a < old.Length && common[a + 1, b] >= common[a, b + 1]))
            {
                lines.Add("- " + old[a++]);
            }
            else
            {
                lines.Add("+ " + now[b++]);
            }
        }

        return lines;
    }
}
