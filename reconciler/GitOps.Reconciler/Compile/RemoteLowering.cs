using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;

namespace GitOps.Reconciler.Compile;

/// <summary>The remote of a VolumeSync in the words of docs/contracts.md §1.</summary>
internal static class RemoteLowering
{
    /// <param name="secret">What the agent fills in for a key of a Secret, by the kind of the remote and the field that names it.</param>
    public static SyncRemote Lower(WrittenRemote remote, Func<SecretReference, string, string, EquatableArray<ContentPart>> secret)
    {
        return remote switch
        {
            { Local: { } local } => new SyncRemote { Kind = RemoteKind.Local, Path = local.Path },
            { S3: { } s3 } => new SyncRemote
            {
                Kind = RemoteKind.S3,
                Url = s3.Endpoint,
                Region = s3.Region,
                Bucket = s3.Bucket,
                Path = s3.Prefix,
                AccessKeyId = Of(s3.AccessKeyId, "s3", "accessKeyId"),
                SecretAccessKey = Of(s3.SecretAccessKey, "s3", "secretAccessKey"),
            },
            { Sftp: { } sftp } => new SyncRemote
            {
                Kind = RemoteKind.Sftp,
                Host = sftp.Host,
                Port = sftp.Port,
                HostKey = sftp.HostKey,
                Path = sftp.Path,
                User = sftp.User,
                Password = Of(sftp.Password, "sftp", "password"),
                PrivateKey = Of(sftp.PrivateKey, "sftp", "privateKey"),
            },
            { Nodes: { } nodes } => new SyncRemote { Kind = RemoteKind.Nodes, Nodes = nodes },
            { WebDav: { } webdav } => new SyncRemote
            {
                Kind = RemoteKind.WebDav,
                Url = webdav.Url,
                User = webdav.User,
                Password = Of(webdav.Password, "webdav", "password"),
            },
            _ => throw new ArgumentException("exactly one remote is written", nameof(remote)),
        };

        EquatableArray<ContentPart> Of(SecretReference? key, string kind, string field) => key is null ? [] : secret(key, kind, field);
    }
}
