using System.Text;

namespace GitOps.Reconciler.Provenance;

/// <summary>An answer for people: one line a fact, each ending in the place that says it.</summary>
public static class WhyText
{
    public static string ToText(this WhyAnswer.Found answer)
    {
        var text = new StringBuilder();
        Header(answer, text);
        foreach (var placed in answer.Placements)
        {
            text.Append(placed.Name).Append("  ").Append(placed.Resource.By).Append(", ").Append(placed.Resource.Span).Append('\n');
            text.Append("  on this node because of ").Append(placed.Reason).Append(", ").Append(placed.ReasonSpan).Append('\n');
        }

        foreach (var field in answer.Fields)
        {
            text.Append(field.Path.Length == 0 ? "spec" : field.Path);
            text.Append(field.Rendered is { } rendered ? $" = {rendered}\n  by the template " : " = ");
            text.Append(field.Written.Text).Append("  ").Append(field.Written.By).Append(", ").Append(field.Written.Span).Append('\n');
            Values(field.Reads, "  ", text);
        }

        Values(answer.Values, "", text);
        return text.ToString();
    }

    private static void Header(WhyAnswer.Found answer, StringBuilder text)
    {
        if (answer.Node is not { } node)
        {
            return;
        }

        text.Append(node.By).Append(", ").Append(node.Span).Append('\n');
        if (answer.Site is { } site)
        {
            text.Append("  of ").Append(site.By).Append(", ").Append(site.Span).Append('\n');
        }

        foreach (var group in answer.Groups)
        {
            text.Append("  in ").Append(group.Group.By).Append(" (priority ").Append(group.Priority).Append(") because of ")
                .Append(group.Selector).Append(", ").Append(group.Group.Span).Append('\n');
        }
    }

    private static void Values(IEnumerable<ValueOrigin> values, string indent, StringBuilder text)
    {
        foreach (var value in values)
        {
            text.Append(indent).Append(value.Path).Append(" = ").Append(value.Winner.Text).Append("  ")
                .Append(value.Winner.By).Append(", ").Append(value.Winner.Span).Append('\n');
            foreach (var over in value.Overrides)
            {
                text.Append(indent).Append("  overrides ").Append(over.Text).Append("  ").Append(over.By).Append(", ").Append(over.Span).Append('\n');
            }
        }
    }
}
