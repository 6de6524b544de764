using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Store;

/// <summary>Turns contents into bytes: text as it is, blobs from this disk, secrets from the files that hold them.</summary>
internal sealed class ContentResolver(IFileLayer layer, LocalBlobs blobs)
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
                case ContentPart.Secret secret when ReadSecret(secret) is { } bytes:
                    all.Write(bytes);
                    break;
                case ContentPart.Secret secret:
                    return (null, new Problem(AgentCodes.SecretMissing, $"the secret {secret.Name}/{secret.Key} is not on this node",
                        $"carry it to {secret.File}"));
            }
        }

        return (all.ToArray(), null);
    }

    private byte[]? ReadSecret(ContentPart.Secret secret)
    {
        try
        {
            var bytes = layer.Read(secret.File, SecretLimitBytes);
            return bytes is [.., (byte)'\n'] ? bytes[..^1] : bytes;
        }
        catch (FileLayerException)
        {
            return null;
        }
    }
}
