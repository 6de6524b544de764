using System.Globalization;
using System.Text;
using GitOps.Bundles;

namespace GitOps.Agent.Explaining;

/// <summary>Something that is so, and what makes it so; a question answered as far down as this node knows.</summary>
public sealed record Reason(string Says)
{
    public EquatableArray<Reason> Because { get; init; }

    /// <summary>One line each, what makes it so below it and further in.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        Append(text, depth: 0);
        return text.ToString();
    }

    private void Append(StringBuilder text, int depth)
    {
        text.Append(' ', depth * 2).Append(CultureInfo.InvariantCulture, $"{Says}\n");
        foreach (var reason in Because)
        {
            reason.Append(text, depth + 1);
        }
    }
}
