using System.Diagnostics.CodeAnalysis;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Containers;

/// <summary>The volumes of a Pod.</summary>
internal static class PodVolumeShapes
{
    private static readonly string[] Sources = ["emptyDir", "hostPath", "persistentVolumeClaim", "configMap", "secret"];

    private static readonly Shape<ScratchVolume> EmptyDir = new ObjectShape<ScratchVolume>("emptyDir", f => new ScratchVolume
    {
        InMemory = f.Default("medium", ContainerScalars.Only("leave it out, or write Memory", "", "Memory"), "", "`Memory`: in memory") == "Memory",
        LimitBytes = f.OptionalValue("sizeLimit", ContainerScalars.Memory, "its limit"),
    });

    private static readonly Shape<HostPathKind> HostKind = Scalars.OneOf(
        ("", HostPathKind.Any), ("Directory", HostPathKind.Directory), ("DirectoryOrCreate", HostPathKind.DirectoryOrCreate),
        ("File", HostPathKind.File), ("Socket", HostPathKind.Socket), ("CharDevice", HostPathKind.CharacterDevice),
        ("BlockDevice", HostPathKind.BlockDevice));

    private static readonly Shape<HostVolume> HostPath = new ObjectShape<HostVolume>("hostPath", f => new HostVolume(
        f.Required("path", Scalars.AbsolutePath, "a path of the node; its policy has to allow it"))
    {
        Kind = f.Default("type", HostKind, HostPathKind.Any, "what has to be there"),
    });

    private sealed record Claim(Located Name);

    private static readonly Shape<Claim> VolumeClaim = new ObjectShape<Claim>("persistentVolumeClaim", f => new(
        f.Required("claimName", ContainerScalars.NonEmpty, "the Volume of this fleet with that name")))
    { WithoutMeaning = [("readOnly", "say it where it is mounted")] };

    // Octal as Kubernetes writes it in YAML (0644), or its decimal value as JSON does (420).
    private static readonly Shape<string> Mode = new ScalarShape<string>("mode", "permission bits", "write 0644",
        (YamlNode.Scalar scalar, [MaybeNullWhen(false)] out string mode) =>
        {
            mode = scalar.Text is ['0', _, _, _] && !scalar.Text.AsSpan().ContainsAnyExceptInRange('0', '7') ? scalar.Text
                : int.TryParse(scalar.Text, out var bits) && bits is >= 0 and <= 511 ? "0" + Convert.ToString(bits, 8).PadLeft(3, '0')
                : null;
            return mode is not null;
        }, mode => mode);

    private static readonly Shape<PodVolumeItem> Item = new ObjectShape<PodVolumeItem>("item", f => new(
        f.Required("key", ContainerScalars.NonEmpty, "the key"),
        f.Required("path", Scalars.RelativeName, "the file"),
        f.Optional("mode", Mode, "its permission bits")));

    private static readonly Shape<EquatableArray<PodVolumeItem>> Items = new ListShape<PodVolumeItem>(Item);

    private static readonly Shape<PodVolumeItems> ConfigMap = new ObjectShape<PodVolumeItems>("configMap", f => new(
        f.Required("name", ContainerScalars.NonEmpty, "a ConfigMap of the same files"),
        f.Default("items", Items, [], "which keys are which files; otherwise all, by their names"),
        f.Default("defaultMode", Mode, "0644", "permission bits")))
    { WithoutMeaning = [("optional", "a ConfigMap is in Git or it is a finding")] };

    private static readonly Shape<PodVolumeItems> Secret = new ObjectShape<PodVolumeItems>("secret", f => new(
        f.Required("secretName", ContainerScalars.NonEmpty, "a Secret of this fleet (kind: Secret of gitops.edge/v1)"),
        f.Required("items", new ListShape<PodVolumeItem>(Item, minimum: 1), "which keys are which files"),
        f.Default("defaultMode", Mode, "0400", "permission bits")))
    { WithoutMeaning = [("optional", "a Secret is on the node or the Workload waits")] };

    private static readonly Shape<PodVolume> Volume = new ObjectShape<PodVolume>("volume", f => new(
        f.Required("name", ContainerScalars.NonEmpty, "what mounts call it"),
        f.Optional("emptyDir", EmptyDir, "an empty folder that goes with the group"),
        f.Optional("hostPath", HostPath, "a path of the node"),
        f.Optional("persistentVolumeClaim", VolumeClaim, "a Volume of this fleet")?.Name,
        f.Optional("configMap", ConfigMap, "files from a ConfigMap"),
        f.Optional("secret", Secret, "files from a Secret")))
    {
        Refused =
        [
            ("nfs", "mount it on the node and use hostPath"), ("csi", "mount it on the node and use hostPath"),
            ("iscsi", "mount it on the node and use hostPath"), ("cephfs", "mount it on the node and use hostPath"),
            ("ephemeral", "use emptyDir"), ("projected", "use configMap and secret volumes"), ("downwardAPI", "write what it would hold into a ConfigMap"),
            ("gitRepo", "put the files into a ConfigMap or an image"), ("image", "copy what is needed in an init container"),
            ("fc", "mount it on the node and use hostPath"), ("local", "use a Volume"), ("awsElasticBlockStore", "use a Volume"),
            ("gcePersistentDisk", "use a Volume"), ("azureDisk", "use a Volume"), ("azureFile", "use a Volume"),
        ],
        Rules = [new("exactly one of `emptyDir`, `hostPath`, `persistentVolumeClaim`, `configMap`, `secret`", (_, node, findings) =>
            SharedShapes.ExactlyOne(node, Sources, findings)) { IsAboutKeys = true }],
    };

    public static readonly Shape<EquatableArray<PodVolume>> Volumes = new ListShape<PodVolume>(Volume, key: volume => volume.Name.Text);
}
