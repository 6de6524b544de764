using System.Globalization;
using GitOps.Bundles;

namespace GitOps.Agent.Links;

/// <summary>Whether a blob may be fetched now. Closed.</summary>
public abstract record LinkVerdict
{
    private LinkVerdict() { } // closed: every case is in this file

    /// <param name="For">Until the window ends; null: however long it takes.</param>
    public sealed record Open(TimeSpan? For) : LinkVerdict;

    /// <summary>An environment cause: held, never against the bundle.</summary>
    public sealed record Held(Problem Problem) : LinkVerdict;
}

/// <summary>Judges fetches of blobs by window and budget. Pure.</summary>
public static class LinkGate
{
    /// <param name="now">The node's local time; a window is one of the wall's clock, whether that is trusted or not.</param>
    /// <param name="bytes">What is still to be fetched of the blob.</param>
    public static LinkVerdict Ask(LinkPolicy policy, LinkUsage usage, DateTime now, long bytes)
    {
        TimeSpan? left = null;
        if (!policy.Windows.IsEmpty)
        {
            left = policy.Windows.Select(w => w.Left(TimeOnly.FromDateTime(now))).Max();
            if (left is null)
            {
                return Hold($"blobs are fetched within {string.Join(", ", policy.Windows)} only, and it is {now:HH:mm}",
                    "wait for the window; 'gitops-agent fetch' fetches now, 'gitops-agent import' takes a file");
            }
        }

        if (policy.BudgetBytes is { } budget && usage.Within(DateOnly.FromDateTime(now), policy.BudgetDays) is var used && used + bytes > budget)
        {
            return Hold(
                string.Create(CultureInfo.InvariantCulture,
                    $"{bytes} bytes are to be fetched, and {used} of {budget} bytes of {policy.BudgetDays} day(s) are used"),
                bytes > budget
                    ? "it never fits: raise downloadBudgetBytes in agent.json, or carry it here: 'gitops-agent import'"
                    : "wait until older days count no more; 'gitops-agent fetch' fetches now, 'gitops-agent import' takes a file");
        }

        return new LinkVerdict.Open(left);
    }

    private static LinkVerdict.Held Hold(string what, string fix) => new(new Problem(AgentCodes.FetchHeld, what, fix));
}
