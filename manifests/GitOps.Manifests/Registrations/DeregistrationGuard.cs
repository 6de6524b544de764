using System.Security.Cryptography;
using System.Text;
using GitOps.Bundles;

namespace GitOps.Manifests.Registrations;

/// <summary>
/// Keeps a wrong folder, branch or merge from taking the identity of half a fleet: more nodes than a limit leave only when
/// somebody confirmed just this set of them.
/// </summary>
public static class DeregistrationGuard
{
    private const int NamesShown = 5;

    /// <summary>Null when the nodes that are gone may go.</summary>
    /// <param name="before">The nodes that were registered last.</param>
    /// <param name="now">The nodes that the fleet repository has.</param>
    /// <param name="limit">So many may go unasked.</param>
    /// <param name="confirmed">The id of a set of removals, as an earlier refusal printed it.</param>
    public static Problem? Check(IEnumerable<string> before, IEnumerable<string> now, int limit, string? confirmed)
    {
        var gone = before.Except(now, StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var id = IdOf(gone);
        if (gone.Count <= limit || confirmed == id)
        {
            return null;
        }

        var named = string.Join(", ", gone.Take(NamesShown)) + (gone.Count > NamesShown ? $" and {gone.Count - NamesShown} more" : "");
        return new Problem(RegistrationCodes.ManyRemovals,
            $"{gone.Count} nodes would be de-registered, the limit is {limit}: {named}",
            $"check that this is the right folder and branch; if they are to go, set confirmRemoval to {id}");
    }

    /// <summary>Names a set of removals; another set has another id.</summary>
    public static string IdOf(IEnumerable<string> nodes) =>
        $"rm-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', nodes.Order(StringComparer.Ordinal)))))[..16]}";
}
