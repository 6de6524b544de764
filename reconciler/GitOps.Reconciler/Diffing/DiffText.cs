using System.Text;
using GitOps.Bundles;

namespace GitOps.Reconciler.Diffing;

/// <summary>A diff for people: nodes that change in the same way are one paragraph.</summary>
public static class DiffText
{
    private const int NamesShown = 5;

    public static string ToText(this FleetDiff diff)
    {
        var text = new StringBuilder();
        foreach (var alike in diff.Nodes.GroupBy(node => (node.Kind, node.Units, node.Restarts)))
        {
            Write(alike.Key.Kind, alike.Key.Units, alike.Key.Restarts, [.. alike.Select(node => node.Node)], text);
        }

        Summary(diff, text);
        return text.ToString();
    }

    private static void Write(
        DiffKind kind, EquatableArray<UnitDiff> units, EquatableArray<UnitId> restarts, List<string> nodes, StringBuilder text)
    {
        var names = string.Join(", ", nodes.Take(NamesShown));
        var more = nodes.Count > NamesShown ? $" and {nodes.Count - NamesShown} more nodes" : "";
        text.Append(Sign(kind)).Append(' ').Append(names).Append(more).Append('\n');
        foreach (var unit in units)
        {
            text.Append("  ").Append(Sign(unit.Kind)).Append(' ').Append(unit.Unit);
            text.Append(unit.From is { } from ? $" (was {from})\n" : "\n");
            foreach (var field in unit.Fields)
            {
                Write(field, text);
            }
        }

        if (!restarts.IsEmpty)
        {
            text.Append("  restarts ").Append(restarts.ToString()).Append('\n');
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
        int Count(DiffKind kind) => diff.Nodes.Sum(node => node.Units.Count(unit => unit.Kind == kind));
        text.Append(diff.Nodes.Count).Append(diff.Nodes.Count == 1 ? " node changes, " : " nodes change, ")
            .Append(diff.Unchanged).Append(diff.Unchanged == 1 ? " does not" : " do not").Append("; units: ")
            .Append(Count(DiffKind.Added)).Append(" added, ")
            .Append(Count(DiffKind.Changed)).Append(" changed, ")
            .Append(Count(DiffKind.Removed)).Append(" removed\n");
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
