using GitOps.Manifests;

namespace GitOps.Reconciler.Rendering;

/// <summary>Did you mean: the nearest of the names that would have been right.</summary>
internal static class Similar
{
    /// <summary>A fix that names the nearest, or says what else helps; the names are cut at ten.</summary>
    public static string Fix(string written, IEnumerable<string> known, string otherwise)
    {
        var names = known.Order(StringComparer.Ordinal).ToList();
        if (Spelling.Nearest(written, names) is { } nearest)
        {
            return $"did you mean '{nearest}'?";
        }

        var shown = string.Join(", ", names.Take(10));
        return names.Count switch
        {
            0 => otherwise,
            > 10 => $"there are [{shown} and {names.Count - 10} more]; {otherwise}",
            _ => $"there are [{shown}]; {otherwise}",
        };
    }
}
