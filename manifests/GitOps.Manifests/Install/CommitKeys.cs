using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.Install;

/// <summary>
/// Public keys of those who sign the first revision of a fleet, as files beside the settings of a control plane in a pod. They lie
/// in a ConfigMap: everybody may read them, and who may change it may change the settings, too.
/// </summary>
/// <param name="Files">By name, in the order of names; each text ends with one line break.</param>
public sealed record CommitKeys(IReadOnlyList<KeyValuePair<string, string>> Files)
{
    /// <summary>Of one file, as <c>gitops serve</c> reads it.</summary>
    public const int LimitBytes = 256 * 1024;

    public static CommitKeys None { get; } = new([]);

    /// <param name="texts">What <c>gpg --armor --export</c> prints, or lines of <c>.pub</c> files of SSH, by the name of the file.</param>
    public static CommitKeys Of(IEnumerable<KeyValuePair<string, string>> texts) => new(
    [
        .. texts.Select(key => KeyValuePair.Create(key.Key, key.Value.ReplaceLineEndings("\n").Trim() + "\n")).OrderBy(key => key.Key, StringComparer.Ordinal),
    ]);

    /// <summary>Everything that is wrong, each about a named key.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (name, text) in Files)
        {
            // The rule of Kubernetes for keys of a ConfigMap, and no second settings file.
            if (name.Length is 0 or > 253 || name[0] == '.' || name == ControlPlaneFile.Name || !name.All(c => char.IsAsciiLetterOrDigit(c) || "._-".Contains(c)))
            {
                yield return $"'{name}' is not a name of a file: letters, digits, '.', '_' and '-', and not '{ControlPlaneFile.Name}'";
            }

            if (SignerKeys.Read(text) switch
            {
                SignerKeys.Private => "it is a private key; here belongs the public one",
                SignerKeys.Unusable(var because) => because,
                _ => text.Any(c => char.IsControl(c) && c is not ('\n' or '\t')) ? "it holds control characters" : null,
            } is { } wrong)
            {
                yield return $"'{name}' cannot be used: {wrong}";
            }
        }

        foreach (var same in Files.GroupBy(file => file.Key, StringComparer.Ordinal).Where(same => same.Count() > 1))
        {
            yield return $"'{same.Key}' is there {same.Count()} times";
        }
    }
}
