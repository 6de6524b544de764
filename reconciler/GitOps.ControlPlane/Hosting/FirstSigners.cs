using System.Text;
using GitOps.Bundles;
using GitOps.Manifests.Install;
using GitOps.Manifests.Kinds;
using GitOps.Platform.Files;
using GitOps.Reconciler.Guards;

namespace GitOps.ControlPlane.Hosting;

/// <summary>Who signs the first revision: nothing is published yet that could say it.</summary>
internal static class FirstSigners
{
    /// <summary>Null without files. A signer is called as its file is.</summary>
    /// <exception cref="HostRefusedException">A file cannot be read, or holds no key: starting without it would let anybody in.</exception>
    public static CommitSigning? Read(IReadOnlyList<string> files, IFileLayer layer) => files.Count == 0 ? null : new(
        SigningMode.Every, files.Select(file => new CommitSigner(Path.GetFileNameWithoutExtension(file), KeyIn(file, layer), [])).ToEquatableArray());

    private static string KeyIn(string file, IFileLayer layer)
    {
        try
        {
            return layer.Read(Path.GetFullPath(file), CommitKeys.LimitBytes) is not { } bytes ? throw Refuse(file, "there is no such file")
                : SignerKeys.Read(Encoding.UTF8.GetString(bytes)) switch
                {
                    SignerKeys.Unusable(var because) => throw Refuse(file, because),
                    SignerKeys.Private => throw Refuse(file, "it is a private key, here belongs the public one"),
                    _ => Encoding.UTF8.GetString(bytes),
                };
        }
        catch (FileLayerException failure)
        {
            throw Refuse(file, failure.Message);
        }
    }

    private static HostRefusedException Refuse(string file, string because) => new(new Problem(PublishCodes.SignerKeyUnusable,
        What: $"the commit key in {file} cannot be used: {because}",
        Fix: "name files in --commit-keys that hold what 'gpg --armor --export KEY' prints, or .pub files of ssh-keygen"));
}
