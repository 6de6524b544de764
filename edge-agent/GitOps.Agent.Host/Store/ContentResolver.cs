using System.Text;
using GitOps.Agent.Host.Secrets;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Store;

/// <summary>
/// Turns contents into bytes: text as it is, blobs from this disk, secrets from the files that hold them, or from what was sealed
/// to this node.
/// </summary>
internal sealed class ContentResolver(IFileLayer layer, LocalBlobs blobs, SealedFiles? sealedFiles = null)
{
    private const int SecretLimitBytes = 1 << 20;

    /// <returns>The bytes, or what is missing on this node. Bytes that hold a secret must not get into any message.</returns>
    public (byte[]? Bytes, Problem? Missing) Resolve(EquatableArray<ContentPart> content)
    {
        using var all = new MemoryStream();
        foreach (var part in content)
        {
            switch (part)
            {
                case ContentPart.Text(var text):
                    all.Write(Encoding.UTF8.GetBytes(text));
                    break;
                case ContentPart.Blob(var digest, _) when blobs.ReadNeeded(digest) is { } bytes:
                    all.Write(bytes);
                    break;
                case ContentPart.Blob(var digest, _):
                    return (null, new Problem(BundleCodes.WrongDigest, $"blob {digest} is not on this disk, or damaged",
                        "nothing: it is fetched again; check the disk when it lasts"));
                case ContentPart.Secret { File: null } secret:
                    var (value, problem) = sealedFiles?.Read(secret) ?? (null, SealedFiles.NoKey("seal.key"));
                    if (value is null)
                    {
                        return (null, problem);
                    }

                    all.Write(value);
                    break;
                case ContentPart.Secret { File: { } file } when ReadSecret(file) is { } bytes:
                    all.Write(bytes);
                    break;
                case ContentPart.Secret secret:
                    return (null, new Problem(AgentCodes.SecretMissing, $"the secret {secret.Name}/{secret.Key} is not on this node",
                        $"carry it to {secret.File}"));
            }
        }

        return (all.ToArray(), null);
    }

    private byte[]? ReadSecret(string file)
    {
        try
        {
            var bytes = layer.Read(file, SecretLimitBytes);
            return bytes is [.., (byte)'\n'] ? bytes[..^1] : bytes;
        }
        catch (FileLayerException)
        {
            return null;
        }
    }
}
