using System.Globalization;
using GitOps.Bundles;

namespace GitOps.Agent.Links;

/// <summary>Whether something may be fetched now. Closed.</summary>
public abstract record LinkVerdict
{
    private LinkVerdict() { } // closed: every case is in this file

    /// <param name="For">Until the window ends; null: however long it takes.</param>
    public sealed record Open(TimeSpan? For) : LinkVerdict;

    /// <summary>An environment cause: held, never against the bundle.</summary>
    public sealed record Held(Problem Problem) : LinkVerdict;

    /// <summary>Both have to hold.</summary>
    public LinkVerdict And(LinkVerdict other) => (this, other) switch
    {
        (Open(var one), Open(var two)) => new Open(one is null || two < one ? two : one),
        (Held, _) => this,
        _ => other,
    };
}

/// <summary>Judges fetches by window and budget. Pure.</summary>
public static class LinkGate
{
    private const string Meanwhile = "'gitops-agent fetch' fetches now, 'gitops-agent import' takes a file";

    /// <param name="now">In the zone of the policy; a window is one of the wall's clock, whether that is trusted or not.</param>
    /// <param name="bytes">What is still to be fetched of it.</param>
    public static LinkVerdict Ask(LinkPolicy policy, LinkUsage usage, DateTime now, long bytes)
    {
        TimeSpan? left = null;
        if (!policy.Windows.IsEmpty)
        {
            left = policy.Windows.Select(w => w.Left(TimeOnly.FromDateTime(now))).Max();
            if (left is null)
            {
                return Hold(
                    string.Create(CultureInfo.InvariantCulture,
                        $"{policy.Source} lets contents be fetched within {string.Join(", ", policy.Windows)} only, and it is {now:HH:mm}{In(policy)}"),
                    $"wait for the window; {Meanwhile}");
            }
        }

        if (policy.Budget is { } budget && usage.Within(DateOnly.FromDateTime(now), budget.Days) is var used && used + bytes > budget.Bytes)
        {
            return Hold(
                string.Create(CultureInfo.InvariantCulture,
                    $"{bytes} bytes are to be fetched, and {used} of {budget.Bytes} bytes of {budget.Days} day(s) are used, as {policy.Source} counts"),
                bytes > budget.Bytes
                    ? $"it never fits: raise the budget of {policy.Source}, or carry it here: 'gitops-agent import'"
                    : $"wait until older days count no more; {Meanwhile}");
        }

        return new LinkVerdict.Open(left);
    }

    private static string In(LinkPolicy policy) => policy.TimeZone is { } zone ? $" in {zone}" : "";

    private static LinkVerdict.Held Hold(string what, string fix) => new(new Problem(AgentCodes.FetchHeld, what, fix));
}
