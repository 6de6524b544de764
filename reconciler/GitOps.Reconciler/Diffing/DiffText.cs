using System.Text;

namespace GitOps.Reconciler.Diffing;

/// <summary>A preview for people at a terminal: nodes that change in the same way are one paragraph.</summary>
public static class DiffText
{
    private const int NamesShown = 5;
    private const int BlockersShown = 20;

    public static string ToText(this Preview preview)
    {
        var text = new StringBuilder();
        foreach (var alike in AlikeNodes.Of(preview.Diff))
        {
            Write(alike, text);
        }

        Summary(preview.Diff, text);
        foreach (var blocker in preview.Blockers.Take(BlockersShown))
        {
            text.Append("! ").Append(blocker.Node).Append(": ").Append(blocker.Why).Append('\n');
        }

        if (preview.Blockers.Count > BlockersShown)
        {
            text.Append("! and ").Append(preview.Blockers.Count - BlockersShown).Append(" more that will not follow at once\n");
        }

        if (preview.Hold is { } hold)
        {
            text.Append("! this push would be held, ").Append(hold.Code).Append(": ").Append(hold.What)
                .Append("\n  fix: ").Append(hold.Fix).Append('\n');
        }

        return text.ToString();
    }

    private static void Write(AlikeNodes alike, StringBuilder text)
    {
        text.Append(Sign(alike.Kind)).Append(' ').Append(alike.Title(NamesShown)).Append('\n');
        foreach (var unit in alike.Units)
        {
            text.Append("  ").Append(Sign(unit.Kind)).Append(' ').Append(unit.Unit);
            text.Append(unit.From is { } from ? $" (was {from})\n" : "\n");
            foreach (var field in unit.Fields)
            {
                Write(field, text);
            }
        }

        if (!alike.Restarts.IsEmpty)
        {
            text.Append("  restarts ").Append(alike.Restarts.ToString()).Append('\n');
        }

        if (alike.Kind != DiffKind.Removed)
        {
            text.Append("  fetches ").Append(alike.FetchText()).Append(alike.Nodes.Count > 1 ? " each\n" : "\n");
        }

        foreach (var image in alike.ImageTexts())
        {
            text.Append("  pulls ").Append(image).Append('\n');
        }
    }

    private static void Write(FieldDiff field, StringBuilder text)
    {
        text.Append("      ").Append(field.Path).Append(':');
        if (field.Lines is not { } lines)
        {
            text.Append(' ').Append(field.Before ?? "(absent)").Append(" → ").Append(field.After ?? "(absent)").Append('\n');
            return;
        }

        text.Append('\n');
        foreach (var line in lines.TrimEnd('\n').Split('\n'))
        {
            text.Append("        ").Append(line).Append('\n');
        }
    }

    private static void Summary(FleetDiff diff, StringBuilder text)
    {
        text.Append(diff.Nodes.Count).Append(diff.Nodes.Count == 1 ? " node changes, " : " nodes change, ")
            .Append(diff.Unchanged).Append(diff.Unchanged == 1 ? " does not" : " do not").Append("; units: ")
            .Append(diff.CountUnits(DiffKind.Added)).Append(" added, ")
            .Append(diff.CountUnits(DiffKind.Changed)).Append(" changed, ")
            .Append(diff.CountUnits(DiffKind.Removed)).Append(" removed\n");
        if (!diff.Removals.IsEmpty)
        {
            text.Append(diff.Removals.Count).Append(diff.Removals.Count == 1 ? " removal" : " removals")
                .Append(" in the sense of Fleet.spec.removal, id ").Append(diff.RemovalId).Append('\n');
        }
    }

    private static char Sign(DiffKind kind) => kind switch
    {
        DiffKind.Added => '+',
        DiffKind.Removed => '-',
        _ => '~',
    };
}
