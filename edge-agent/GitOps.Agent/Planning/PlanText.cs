using System.Globalization;
using System.Text;

namespace GitOps.Agent.Planning;

/// <summary>A pass as people read it: what happens now, what after that, what waits, each with its reason.</summary>
public static class PlanText
{
    public static string ToText(this PassPlan plan)
    {
        var text = new StringBuilder();
        foreach (var branch in plan.Branches)
        {
            Append(text, branch, []);
        }

        foreach (var (branch, after) in plan.Later)
        {
            Append(text, branch, [.. after.Select(e => $"{e.Before} ({e.Because})").Distinct()]);
        }

        foreach (var hold in plan.Holds)
        {
            text.Append(CultureInfo.InvariantCulture, $"{hold.Unit} waits for {hold.Hold.What}\n    until {hold.Hold.Until}\n");
        }

        return text.Length == 0 ? "nothing to do\n" : text.ToString();
    }

    private static void Append(StringBuilder text, Branch branch, IReadOnlyList<string> after)
    {
        var suffix = after.Count == 0 ? "" : $", after {string.Join(" and ", after)}";
        text.Append(CultureInfo.InvariantCulture, $"{branch.Key}{suffix}\n");
        if (branch.Steps.IsEmpty)
        {
            text.Append("  - note that it is as desired\n");
        }

        foreach (var step in branch.Steps)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - {step.Step.Describe()}\n    because {step.Step.Because}\n");
        }
    }
}
