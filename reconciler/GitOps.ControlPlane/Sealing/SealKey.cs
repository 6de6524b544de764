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
        if (layer.Read(path, LimitBytes) is { } bytes)
        {
            return AgeIdentity.TryParse(Encoding.UTF8.GetString(bytes)) is { } there ? (there, null) : (null, new Problem(SealingCodes.KeyUnreadable,
                What: $"{path} is not one identity of age",
                Fix: "restore it from its backup; without one move it away, and encrypt the secrets in Git again, to the new key that the next start makes"));
        }

        var made = AgeIdentity.Generate();
        layer.EnsureDirectory(FilePath.Parent(path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        AtomicFile.Write(layer, path, Encoding.ASCII.GetBytes($"# public key: {made.Recipient}\n{made.ToSecretText()}\n"));
        return (made, null);
    }
}
