using System.Text;
using GitOps.Agent.Secrets;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;
using GitOps.Platform.Age;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Secrets;

/// <summary>
/// Secrets as they were sealed to this node, one file for each version, and the key that opens them. On the disk lies ciphertext;
/// what is opened lives in memory as long as something is filled in with it. A node without a network has all it needs here.
/// </summary>
/// <param name="keyPath"><c>seal.key</c>: one identity of age. Read each time: a new one counts at once.</param>
internal sealed class SealedFiles(IFileLayer layer, string directory, string keyPath)
{
    private const int KeyLimitBytes = 4096;
    private const string Ending = ".age";
    private readonly HashSet<Digest> _missed = [];

    /// <summary>Told once of a secret that is needed and cannot be opened: somebody should bring it again.</summary>
    public Action? Missing { get; set; }

    /// <summary>The node's key; null where there is none, or something else.</summary>
    public AgeIdentity? Key() => TryRead(keyPath, KeyLimitBytes) is { } bytes ? AgeIdentity.TryParse(Encoding.UTF8.GetString(bytes)) : null;

    /// <summary>Whether what lies here opens with the node's key.</summary>
    public bool Opens(Digest version, AgeIdentity key) => TryRead(PathOf(version), AgeFile.MaxBytes) is { } file && AgeFile.Open(file, key) is AgeOpening.Opened;

    /// <summary>
    /// Takes in all of a document that was found to be for this node. What opens with the node's key gives way only to what does too: a
    /// document of before the node had this key, or for one that it will have, takes nothing from it.
    /// </summary>
    /// <exception cref="FileLayerException">The disk failed.</exception>
    public void Take(SealedSecrets secrets)
    {
        layer.EnsureDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var key = Key();
        foreach (var secret in secrets.Secrets)
        {
            if (secret.TryDecode() is { } file && AgeFile.WhyNot(file) is null && IsNeeded(secret.Version, file, key))
            {
                AtomicFile.Write(layer, PathOf(secret.Version), file);
            }
        }

        lock (_missed)
        {
            _missed.Clear();
        }
    }

    /// <summary>What a hole is filled with, or why it has to wait.</summary>
    public (byte[]? Value, Problem? Problem) Read(ContentPart.Secret hole)
    {
        var (value, problem) = Open(hole);
        if (problem is not null && problem.Code != SecretCodes.NoSuchKey.Id && IsNew(hole.Version))
        {
            Missing?.Invoke();
        }

        return (value, problem);
    }

    /// <summary>Every value that can be opened, to be kept out of what is written for people.</summary>
    public IEnumerable<string> Values() => Key() is not { } key ? [] : Names().SelectMany(name =>
        TryRead($"{directory}/{name}", AgeFile.MaxBytes) is { } file && AgeFile.Open(file, key) is AgeOpening.Opened opened
            ? SecretValues.TryRead(opened.Plaintext())?.Values ?? [Encoding.UTF8.GetString(opened.Plaintext())]
            : []);

    /// <summary>Removes every version but these.</summary>
    /// <exception cref="FileLayerException">The disk failed.</exception>
    public void Keep(IReadOnlySet<Digest> versions)
    {
        var names = versions.Select(version => version.Hex + Ending).ToHashSet(StringComparer.Ordinal);
        foreach (var name in Names().Where(name => !names.Contains(name)))
        {
            layer.Unlink($"{directory}/{name}");
        }
    }

    private bool IsNeeded(Digest version, byte[] file, AgeIdentity? key) => TryRead(PathOf(version), AgeFile.MaxBytes) is not { } there
        || (!there.AsSpan().SequenceEqual(file) && (key is null || AgeFile.Open(file, key) is AgeOpening.Opened || AgeFile.Open(there, key) is not AgeOpening.Opened));

    private (byte[]? Value, Problem? Problem) Open(ContentPart.Secret hole)
    {
        var name = $"{hole.Name}/{hole.Key}";
        if (Key() is not { } key)
        {
            return (null, NoKey(keyPath));
        }

        if (TryRead(PathOf(hole.Version), AgeFile.MaxBytes) is not { } file)
        {
            return (null, new Problem(SecretCodes.NotHere, $"the secret {name} has not come to this node", "nothing: it is fetched again; the control plane says what it waits for"));
        }

        if (AgeFile.Open(file, key) is not AgeOpening.Opened opened)
        {
            return (null, new Problem(SecretCodes.ForAnotherKey, $"the secret {name} cannot be opened with {keyPath}, the key of {key.Recipient}", AnotherKeyFix));
        }

        var plaintext = opened.Plaintext();
        return SecretValues.TryRead(plaintext) is { } values
            ? values.TryGetValue(hole.Key, out var text) ? (Encoding.UTF8.GetBytes(text), null) : (null, NoSuchKey(name))
            : (null, NoSuchKey(name));
    }

    internal const string AnotherKeyFix = "enrol the node with the key it has; a file that was encrypted to nodes by hand is encrypted again, to this node as well";

    internal static Problem NoKey(string path) => new(SecretCodes.NoKey, $"{path} is not there, or is not one identity of age",
        "restore it, or enrol the node again: then its secrets are sealed to a new key");

    private static Problem NoSuchKey(string name) =>
        new(SecretCodes.NoSuchKey, $"what was sealed holds no text for {name}", "encrypt the file again, with that key in a JSON object of texts");

    private bool IsNew(Digest version)
    {
        lock (_missed)
        {
            return _missed.Add(version);
        }
    }

    private string PathOf(Digest version) => $"{directory}/{version.Hex}{Ending}";

    private IEnumerable<string> Names() => layer.Stat(directory) is null ? [] : layer.Enumerate(directory);

    private byte[]? TryRead(string path, int limit)
    {
        try
        {
            return layer.Read(path, limit);
        }
        catch (FileLayerException)
        {
            return null; // a failing disk and a missing file call for the same: bring it again
        }
    }
}
