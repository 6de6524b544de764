using System.Text;
using GitOps.Bundles;
using GitOps.Platform.Age;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Sealing;

/// <summary>The control plane's identity of age: what secrets in Git are encrypted to. A file of mode 0600, made at the first start.</summary>
public static class SealKey
{
    private const int LimitBytes = 4096;

    /// <returns>The identity, or why a file that is there is none: it is never written over.</returns>
    public static (AgeIdentity? Identity, Problem? Problem) LoadOrCreate(IFileLayer layer, string path)
    {
        if (Load(layer, path) is { } there)
        {
            return there;
        }

        // A person may ask for the recipient while 'serve' starts for the first time: what one of them is told must be the key.
        layer.EnsureDirectory(FilePath.Parent(path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var held = CommandLock.TryTake($"{path}.lock", out var holder);
        return held is null
            ? (null, new Problem(SealingCodes.KeyUnreadable, $"{path} is being made by {holder}", "try again in a moment"))
            : Load(layer, path) ?? (Create(layer, path), null);
    }

    private static (AgeIdentity? Identity, Problem? Problem)? Load(IFileLayer layer, string path) => layer.Read(path, LimitBytes) switch
    {
        null => null,
        var bytes when AgeIdentity.TryParse(Encoding.UTF8.GetString(bytes)) is { } identity => (identity, null),
        _ => (null, new Problem(SealingCodes.KeyUnreadable,
            What: $"{path} is not one identity of age",
            Fix: "restore it from its backup; without one move it away, and encrypt the secrets in Git again, to the new key that the next start makes")),
    };

    private static AgeIdentity Create(IFileLayer layer, string path)
    {
        var made = AgeIdentity.Generate();
        AtomicFile.Write(layer, path, Encoding.ASCII.GetBytes($"# public key: {made.Recipient}\n{made.ToSecretText()}\n"));
        return made;
    }
}
