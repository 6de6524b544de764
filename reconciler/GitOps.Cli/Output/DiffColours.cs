using GitOps.Reconciler.Diffing;
using Spectre.Console;

namespace GitOps.Cli.Output;

/// <summary>Prints a preview: what goes is red, what comes is green, what changes is yellow; plain where nobody looks.</summary>
internal static class DiffColours
{
    // Where DiffText writes signs: nodes, units, lines of a content.
    private static readonly int[] SignColumns = [0, 2, 8];

    public static void Write(Preview preview)
    {
        if (Terminal.Out.Profile.Capabilities.ColorSystem == ColorSystem.NoColors)
        {
            Console.Out.Write(preview.ToText());
            return;
        }

        foreach (var line in preview.ToText().TrimEnd('\n').Split('\n'))
        {
            Terminal.Out.Write(new Text(line, StyleOf(line)));
            Terminal.Out.WriteLine();
        }
    }

    private static Style StyleOf(string line)
    {
        var indent = line.Length - line.TrimStart(' ').Length;
        return !SignColumns.Contains(indent) || indent == line.Length
            ? Style.Plain
            : line[indent] switch
            {
                '+' => new Style(Color.Green),
                '-' => new Style(Color.Red),
                '~' => new Style(Color.Yellow),
                '!' => new Style(Color.Red, decoration: Decoration.Bold),
                '@' => new Style(Color.Grey),
                _ => Style.Plain,
            };
    }
}
