using System.Text;
using GitOps.Bundles;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.Foreign;

/// <summary>
/// Names of ours for names of other systems, which may hold any character. A name that is one of ours stays; from another, what
/// cannot stay becomes a hyphen. Two that would become one get a part of their digest.
/// </summary>
internal static class ForeignNames
{
    private const int MaxLength = 63;

    /// <summary>Names of resources: RFC 1123 labels.</summary>
    public static Dictionary<string, string> OfResources(IEnumerable<string> foreign, string prefix = "") =>
        Unique(foreign, name => Resource(prefix + name));

    /// <summary>Names of properties and commands.</summary>
    public static Dictionary<string, string> OfProperties(IEnumerable<string> foreign) => Unique(foreign, Property);

    public static string Resource(string name)
    {
        var lower = Kept(name.ToLowerInvariant(), c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
        return Fit(lower.Trim('-'), name);
    }

    private static string Property(string name) => LabelText.IsValue(name) && name.Length > 0 ? name
        : Fit(Kept(name, c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.').Trim('-', '_', '.'), name);

    private static Dictionary<string, string> Unique(IEnumerable<string> foreign, Func<string, string> make)
    {
        var names = foreign.Distinct(StringComparer.Ordinal).ToDictionary(name => name, make, StringComparer.Ordinal);
        foreach (var clash in names.GroupBy(name => name.Value, StringComparer.Ordinal).Where(group => group.Count() > 1).ToList())
        {
            foreach (var (name, ours) in clash.Where(pair => pair.Key != pair.Value))
            {
                names[name] = WithDigest(ours, name);
            }
        }

        return names;
    }

    private static string Kept(string name, Func<char, bool> isKept)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (isKept(c) || (text.Length > 0 && text[^1] != '-'))
            {
                text.Append(isKept(c) ? c : '-');
            }
        }

        return text.ToString();
    }

    private static string Fit(string made, string name) =>
        made.Length == 0 ? WithDigest("x", name) : made.Length > MaxLength ? WithDigest(made, name) : made;

    private static string WithDigest(string made, string name)
    {
        var digest = Digest.Of(Encoding.UTF8.GetBytes(name)).Hex[..8];
        return $"{made[..Math.Min(made.Length, MaxLength - 9)].Trim('-', '.', '_')}-{digest}";
    }
}
