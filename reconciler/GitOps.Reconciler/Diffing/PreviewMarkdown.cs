using System.Text;

namespace GitOps.Reconciler.Diffing;

/// <summary>
/// A preview as a comment on a pull request: what matters first, details folded, cut to what a forge accepts. GitHub takes
/// 65,536 characters, GitLab and Gitea more.
/// </summary>
public static class PreviewMarkdown
{
    /// <summary>Room is left for what a pipeline puts around it.</summary>
    public const int MaxLength = 60_000;

    private const int NamesShown = 4;
    private const int NodesListed = 50;

    /// <summary>So few groups of nodes are shown unfolded.</summary>
    private const int OpenGroups = 3;

    public static string ToMarkdown(this Preview preview)
    {
        var text = new StringBuilder();
        Head(preview, text);
        var groups = AlikeNodes.Of(preview.Diff).ToList();
        for (var i = 0; i < groups.Count; i++)
        {
            var section = Section(groups[i], isOpen: groups.Count <= OpenGroups);
            if (text.Length + section.Length > MaxLength)
            {
                text.Append("\n*").Append(groups.Count - i).Append(" more groups of nodes are left out here; `gitops diff` shows all of them.*\n");
                break;
            }

            text.Append(section);
        }

        return text.ToString();
    }

    private static void Head(Preview preview, StringBuilder text)
    {
        var diff = preview.Diff;
        var all = Plural(diff.Unchanged + diff.Nodes.Count, "node");
        text.Append("### ").Append(diff.IsEmpty ? "No node changes" : $"{diff.Nodes.Count} of {all} {(diff.Nodes.Count == 1 ? "changes" : "change")}").Append("\n\n");
        if (preview.Hold is { } hold)
        {
            text.Append("> **This push would be held** (").Append(hold.Code).Append("): ").Append(Escape(hold.What))
                .Append(".  \n> Fix: ").Append(Escape(hold.Fix)).Append(".\n\n");
        }

        if (!diff.IsEmpty)
        {
            text.Append("| | added | changed | removed |\n|---|---:|---:|---:|\n");
            Row("nodes", kind => diff.Nodes.Count(n => n.Kind == kind));
            Row("units", diff.CountUnits);
            text.Append('\n');
            Facts(diff, text);
        }

        List(text, "Will not follow at once", preview.Blockers.Select(b => $"`{b.Node}`: {Escape(b.Why)}"));
        List(text, "Warnings", preview.Warnings.Select(f => $"`{f.Span}` {f.Code.Id}: {Escape(f.What)}"));

        void Row(string name, Func<DiffKind, int> count)
        {
            var removed = count(DiffKind.Removed);
            text.Append("| ").Append(name).Append(" | ").Append(count(DiffKind.Added)).Append(" | ").Append(count(DiffKind.Changed))
                .Append(" | ").Append(removed == 0 ? "0" : $"**{removed}**").Append(" |\n");
        }
    }

    private static void Facts(FleetDiff diff, StringBuilder text)
    {
        var restarts = diff.Nodes.SelectMany(n => n.Restarts).GroupBy(id => id).OrderBy(g => g.Key).ToList();
        if (restarts.Count > 0)
        {
            text.Append("- restarts ").Append(string.Join(", ", restarts.Select(g => $"`{g.Key}` on {Plural(g.Count(), "node")}"))).Append('\n');
        }

        if (!diff.Removals.IsEmpty)
        {
            text.Append("- removes ").Append(Plural(diff.Removals.Count, "unit")).Append(" from nodes, removal id `").Append(diff.RemovalId).Append("`\n");
        }

        var fetching = diff.Nodes.Where(n => n.Kind != DiffKind.Removed).ToList();
        if (fetching.Count > 0)
        {
            text.Append("- fetches ").Append(ByteSize.Of(fetching.Sum(n => n.FetchBytes))).Append(" in all, at most ")
                .Append(ByteSize.Of(fetching.Max(n => n.FetchBytes))).Append(" on a node\n");
        }

        text.Append('\n');
    }

    private static void List(StringBuilder text, string title, IEnumerable<string> items)
    {
        var lines = items.ToList();
        if (lines.Count == 0)
        {
            return;
        }

        text.Append("**").Append(title).Append("**\n\n");
        foreach (var line in lines.Take(NodesListed))
        {
            text.Append("- ").Append(line).Append('\n');
        }

        text.Append(lines.Count > NodesListed ? $"- and {lines.Count - NodesListed} more\n\n" : "\n");
    }

    private static string Section(AlikeNodes alike, bool isOpen)
    {
        var text = new StringBuilder();
        var word = alike.Kind switch { DiffKind.Added => "new: ", DiffKind.Removed => "removed: ", _ => "" };
        var restarts = alike.Restarts.IsEmpty ? "" : $", restarts {string.Join(", ", alike.Restarts)}";
        text.Append(isOpen ? "<details open>" : "<details>").Append("<summary><b>").Append(word).Append(alike.Title(NamesShown)).Append("</b> (")
            .Append(Plural(alike.Units.Count, "unit")).Append(restarts).Append(")</summary>\n\n");
        text.Append(Fenced(Units(alike))).Append('\n');
        foreach (var image in alike.ImageTexts())
        {
            text.Append("- pulls `").Append(image).Append("`\n");
        }

        text.Append(alike.ImageTexts().Any() ? "\n" : "");
        text.Append("| node | fetches | bundle it will report |\n|---|---:|---|\n");
        foreach (var node in alike.Nodes.Take(NodesListed))
        {
            text.Append("| ").Append(node.Node).Append(" | ").Append(node.Kind == DiffKind.Removed ? "" : ByteSize.Of(node.FetchBytes))
                .Append(" | ").Append(node.After is { } digest ? $"`{digest}`" : "keeps what it has until it is decommissioned").Append(" |\n");
        }

        text.Append(alike.Nodes.Count > NodesListed ? $"\nand {alike.Nodes.Count - NodesListed} more nodes\n\n" : "\n");
        return text.Append("</details>\n").ToString();
    }

    /// <summary>Lines as forges colour them in a diff: what goes is red, what comes is green.</summary>
    private static string Units(AlikeNodes alike)
    {
        var text = new StringBuilder();
        foreach (var unit in alike.Units)
        {
            text.Append(unit.Kind switch { DiffKind.Added => "+ ", DiffKind.Removed => "- ", _ => "! " }).Append(unit.Unit);
            text.Append(unit.From is { } from ? $" (was {from})\n" : "\n");
            foreach (var field in unit.Fields)
            {
                if (field.Lines is { } lines)
                {
                    text.Append("@@ ").Append(field.Path).Append(" @@\n").Append(lines.TrimEnd('\n')).Append('\n');
                    continue;
                }

                Value('-', field.Path, field.Before);
                Value('+', field.Path, field.After);
            }
        }

        return text.ToString();

        void Value(char sign, string path, string? value)
        {
            if (value is not null)
            {
                text.Append(sign).Append("   ").Append(path).Append(": ").Append(value).Append('\n');
            }
        }
    }

    /// <summary>A fence that nothing inside can close.</summary>
    private static string Fenced(string content)
    {
        var fence = "```";
        while (content.Contains(fence, StringComparison.Ordinal))
        {
            fence += "`";
        }

        return $"{fence}diff\n{content}{fence}\n";
    }

    /// <summary>What people wrote must not become markup, a mention or a link of the comment.</summary>
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text.ReplaceLineEndings(" "))
        {
            escaped.Append(c is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '|' or '#' or '~' ? "\\" : "").Append(c);
            escaped.Append(c == '@' ? "\u200B" : "");
        }

        return escaped.ToString();
    }

    private static string Plural(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
