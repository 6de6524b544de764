using System.Text;

namespace GitOps.Reconciler.Diffing;

/// <summary>A unified diff of two texts, three lines of context.</summary>
internal static class LineDiff
{
    private const int Context = 3;

    /// <summary>Longer lines are cut: a diff is for eyes.</summary>
    private const int LineShown = 160;

    /// <summary>Above this many line pairs everything between the common ends counts as changed: the table would grow too large.</summary>
    private const long LargestTable = 1_000_000;

    public static string Between(string before, string after)
    {
        var endsDiffer = before.EndsWith('\n') != after.EndsWith('\n');
        var edits = Edits(Lines(before, endsDiffer), Lines(after, endsDiffer));
        var output = new StringBuilder();
        var printed = -1;
        for (var i = 0; i < edits.Count; i++)
        {
            if (!IsNearChange(edits, i))
            {
                continue;
            }

            if (printed != i - 1 || printed < 0)
            {
                output.Append("@@ line ").Append(edits[i].Line).Append(" @@\n");
            }

            output.Append(edits[i].Sign).Append(Cut(edits[i].Text)).Append('\n');
            printed = i;
        }

        return output.ToString();
    }

    /// <summary>A missing line break at the end is said where it is the difference.</summary>
    private static string[] Lines(string text, bool endsDiffer)
    {
        if (text.Length == 0)
        {
            return [];
        }

        var lines = text.Split('\n');
        if (text.EndsWith('\n'))
        {
            return lines[..^1];
        }

        lines[^1] += endsDiffer ? " (no line break)" : "";
        return lines;
    }

    private static string Cut(string line) =>
        line.Length <= LineShown ? line : $"{line[..LineShown]}… ({line.Length} characters)";

    private static bool IsNearChange(List<(char Sign, string Text, int Line)> edits, int index)
    {
        for (var i = Math.Max(0, index - Context); i <= Math.Min(edits.Count - 1, index + Context); i++)
        {
            if (edits[i].Sign != ' ')
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The lines of both with their sign; the line number counts in the new text.</summary>
    private static List<(char Sign, string Text, int Line)> Edits(string[] before, string[] after)
    {
        var start = 0;
        while (start < before.Length && start < after.Length && before[start] == after[start])
        {
            start++;
        }

        var end = 0;
        while (end < before.Length - start && end < after.Length - start && before[^(end + 1)] == after[^(end + 1)])
        {
            end++;
        }

        var edits = new List<(char, string, int)>();
        edits.AddRange(after.Take(start).Select((text, i) => (' ', text, i + 1)));
        Middle(before[start..^end], after[start..^end], start + 1, edits);
        edits.AddRange(after.Skip(after.Length - end).Select((text, i) => (' ', text, after.Length - end + i + 1)));
        return edits;
    }

    private static void Middle(string[] before, string[] after, int line, List<(char, string, int)> edits)
    {
        var common = (long)before.Length * after.Length <= LargestTable ? CommonLengths(before, after) : null;
        var (i, j) = (0, 0);
        while (i < before.Length || j < after.Length)
        {
            if (common is not null && i < before.Length && j < after.Length && before[i] == after[j])
            {
                edits.Add((' ', after[j], line + j));
                (i, j) = (i + 1, j + 1);
            }
            else if (j >= after.Length || (i < before.Length && (common is null || common[i + 1, j] >= common[i, j + 1])))
            {
                edits.Add(('-', before[i++], line + j));
            }
            else
            {
                edits.Add(('+', after[j], line + j));
                j++;
            }
        }
    }

    /// <summary>[i, j] is the length of the longest common subsequence of the lines from i and from j on.</summary>
    private static int[,] CommonLengths(string[] before, string[] after)
    {
        var common = new int[before.Length + 1, after.Length + 1];
        for (var i = before.Length - 1; i >= 0; i--)
        {
            for (var j = after.Length - 1; j >= 0; j--)
            {
                common[i, j] = before[i] == after[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        return common;
    }
}
