using System.Diagnostics.CodeAnalysis;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>VolumeSync: what a volume is kept the same as.</summary>
internal static class SyncShapes
{
    public static readonly Shape<SecretReference> SecretKey = new ScalarShape<SecretReference>(
        "secret", "a Secret by name, or name/key", "write the name of a Secret, and its key after a slash where it has several; never the secret itself",
        TrySecret, secret => secret.ToString())
    { Says = new(ScalarTypes.String) { Example = "nas/password" } };

    private static readonly Shape<string> Folder = Scalars.OfText("folder", "the name of a folder right inside of the volume",
        "write one name without '/', not beginning with a '.'",
        text => Paths.IsRelative(text) && !text.Contains('/', StringComparison.Ordinal) && text[0] != '.', new(ScalarTypes.String) { Example = "recipes" });

    private static readonly Shape<string> RemoteFolder = Scalars.OfText("remote path", "a path without '.', '..' and empty segments",
        "write it like plant-1/recipes or /srv/recipes",
        text => Paths.IsRelative(text) || Paths.IsAbsolute(text), new(ScalarTypes.String) { Example = "plant-1/recipes" });

    private static readonly Shape<string> Bucket = Scalars.OfText("bucket", "the name of a bucket", "use a-z, 0-9, '-' and '.', 3 to 63 characters",
        text => text.Length is >= 3 and <= 63 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.'),
        new(ScalarTypes.String) { Example = "plant-1" });

    private static readonly Shape<string> HostKey = Scalars.OfText("host key", "a public key of the host",
        "write what 'ssh-keyscan HOST' prints after the name: ssh-ed25519 AAAA…",
        text => text.Split(' ') is [var type, var key] && (type.StartsWith("ssh-", StringComparison.Ordinal) || type.StartsWith("ecdsa-", StringComparison.Ordinal)) &&
            key.StartsWith("AAAA", StringComparison.Ordinal) && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '='),
        new(ScalarTypes.String) { Example = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGvpJN6Ht1pFhJSPL7SxMRF9mpV2wPIQAbMyQ8TTzTOp" });

    private static readonly Shape<LocalRemote> Local = new ObjectShape<LocalRemote>("local", f => new(
        f.Required("path", Scalars.AbsolutePath, "a directory of the node: another disk, a stick, a share that is mounted")));

    private static readonly Shape<S3Remote> S3 = new ObjectShape<S3Remote>("s3", f => new(
        f.Optional("endpoint", Scalars.HttpUrl, "of a server of one's own; otherwise Amazon's"),
        f.Optional("region", Scalars.NonEmpty, "where the bucket is"),
        f.Required("bucket", Bucket, "it has to be there"),
        f.Optional("prefix", RemoteFolder, "what keys begin with; otherwise the whole bucket"),
        f.Optional("accessKeyId", SecretKey, "otherwise without signature", literal: true),
        f.Optional("secretAccessKey", SecretKey, "otherwise without signature", literal: true)));

    private static readonly Shape<SftpRemote> Sftp = new ObjectShape<SftpRemote>("sftp", f => new(
        f.Required("host", Scalars.Host, "a name or an address"),
        f.OptionalValue("port", Scalars.Port, "otherwise 22"),
        f.Required("hostKey", HostKey, "the key it has to have; any other is refused"),
        f.Optional("path", RemoteFolder, "a directory there; otherwise the one of the user"),
        f.Required("user", Scalars.User, "whom to log in as"),
        f.Optional("password", SecretKey, "of the user", literal: true),
        f.Optional("privateKey", SecretKey, "of the user, as OpenSSH writes it", literal: true)))
    {
        Rules = [new("exactly one of `password`, `privateKey`", (_, node, findings) =>
            SharedShapes.ExactlyOne(node, ["password", "privateKey"], findings))
        { IsAboutKeys = true }],
    };

    private static readonly Shape<WebDavRemote> WebDav = new ObjectShape<WebDavRemote>("webdav", f => new(
        f.Required("url", Scalars.HttpUrl, "the collection there"),
        f.Optional("user", Scalars.NonEmpty, "whom to log in as; otherwise nobody"),
        f.Optional("password", SecretKey, "of the user", literal: true)));

    private static readonly string[] RemoteKinds = ["local", "s3", "sftp", "webdav", "nodes"];

    private static readonly Shape<WrittenRemote> Remote = new ObjectShape<WrittenRemote>("remote", f => new(
        f.Optional("local", Local, "a directory of the node"),
        f.Optional("s3", S3, "a bucket of Amazon S3, or of a server that speaks it"),
        f.Optional("sftp", Sftp, "a directory of a server with SSH"),
        f.Optional("webdav", WebDav, "a collection of a server with WebDAV"),
        f.Optional("nodes", ReplicaShapes.Nodes, "the nodes that have the folder alike", literal: true)))
    {
        Rules = [new("exactly one of `local`, `s3`, `sftp`, `webdav`, `nodes`", (_, node, findings) => SharedShapes.ExactlyOne(node, RemoteKinds, findings))
        { IsAboutKeys = true }],
    };

    private static readonly Shape<SyncMode> Mode = Scalars.OneOf(("pull", SyncMode.Pull), ("push", SyncMode.Push), ("backup", SyncMode.Backup), ("replicate", SyncMode.Replicate));

    private static readonly Shape<OnConflict> Conflict =
        Scalars.OneOf(("overwrite", OnConflict.Overwrite), ("keepBoth", OnConflict.KeepBoth), ("stop", OnConflict.Stop));

    public static readonly KindShape<VolumeSyncSpec> VolumeSync = new(ResourceKind.VolumeSync, isRendered: true,
        "Keeps a Volume, or a folder of it, the same as a place elsewhere or as on other nodes, or backed up.",
        new ObjectShape<VolumeSyncSpec>("VolumeSync", f => new(
            SharedShapes.PlacementOf(f),
            SharedShapes.RequiresOf(f),
            f.Required("volume", Scalars.Name, "a Volume of the same nodes", literal: true),
            f.Optional("folder", Folder, "a folder right inside of the volume; otherwise all of it. `pull` and `replicate` need one"),
            f.Required("mode", Mode, "the node follows the remote, the remote follows the node, or keeps a history of it; or nodes have it alike", literal: true),
            f.Required("remote", Remote, "the place elsewhere"),
            f.Default("every", Scalars.PositiveDuration, TimeSpan.FromHours(1), "from the beginning of one run to that of the next; of `replicate`, from one reading of all files to the next"),
            f.Default("windows", new ListShape<DailyWindow>(NodeShapes.Window, key: window => window.ToString()), [],
                "when runs may be under way, in the time zone of the node's Site; otherwise always", literal: true),
            f.OptionalValue("bandwidth", Scalars.Size, "so much per second at most"),
            f.Default("timeLimit", Scalars.PositiveDuration, TimeSpan.FromHours(6), "a run that takes longer is ended, and goes on with the next one"),
            f.OptionalValue("alarmAfter", Scalars.PositiveDuration, "say so when the last whole run is older"),
            f.Default("onConflict", Conflict, OnConflict.Overwrite,
                "a file was changed on the side that follows: it is overwritten, put aside, or nothing is done until a person has resolved it"),
            f.Default("deletes", Scalars.Bool, false, "of `push`: what is gone on the node goes at the remote as well"),
            SharedShapes.MovedFrom(f))
        {
            Suspend = SharedShapes.SuspendOf(f),
            Backup = f.Optional("backup", BackupShapes.Backup, "of `mode: backup`, which needs it"),
        })
        {
            Rules =
            [
                new("`pull` needs a `folder` and knows no `deletes`", Check),
                new("`backup` is there with `mode: backup`, which knows neither `onConflict` nor `deletes`", BackupShapes.Check),
                new("`replicate` goes with `remote.nodes`, needs a `folder`, knows no `onConflict`, `deletes` and `timeLimit`, and is placed on exactly the nodes that are its peers",
                    ReplicaShapes.Check),
            ],
        });

    private static void Check(VolumeSyncSpec sync, YamlNode.Mapping node, FindingList findings)
    {
        if (sync.Mode == SyncMode.Pull && !node.TryGet("folder", out _))
        {
            findings.Error(ManifestCodes.MissingField, node.Span,
                "'mode: pull' changes a folder from one tree to the next as a whole, and there is no 'folder'", "add 'folder: <name>'");
        }

        if (sync.Mode == SyncMode.Pull && node.TryGet("deletes", out var deletes))
        {
            findings.Error(ManifestCodes.ExclusiveFields, deletes.Span,
                "'deletes' is about 'mode: push': a pull always gives exactly what the remote has", "remove it");
        }
    }

    private static bool TrySecret(YamlNode.Scalar scalar, [MaybeNullWhen(false)] out SecretReference value)
    {
        value = scalar.Text.Split('/') switch
        {
            [var name] when Label.IsValid(name) => new(name, SecretSpec.SingleKey),
            [var name, var key] when Label.IsValid(name) && SecretKeys.IsValid(key) => new(name, key),
            _ => null,
        };
        return value is not null;
    }
}
