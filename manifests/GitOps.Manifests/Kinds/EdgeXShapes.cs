using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;

namespace GitOps.Manifests.Kinds;

/// <summary>An EdgeX that devices are behind.</summary>
internal static class EdgeXShapes
{
    public static readonly Shape<DeletionPolicy> Deletion =
        Scalars.OneOf(("Retain", DeletionPolicy.Retain), ("Delete", DeletionPolicy.Delete));

    private static readonly Shape<EdgeXBackend> Full = new ObjectShape<EdgeXBackend>("edgex", f => new EdgeXBackend(
        f.Default("metadata", Scalars.HttpUrl, EdgeXBackend.Near.Metadata, "core-metadata, as the node reaches it"),
        f.Default("command", Scalars.HttpUrl, EdgeXBackend.Near.Command, "core-command, as the node reaches it"))
    {
        Bus = f.Optional("bus", DeviceConnectionShapes.Bus, "the broker of its message bus, where changes are told at once; a URL, or with a login; otherwise they are found within a minute"),
        Authority = f.Optional("ca", SharedShapes.Certificates, "certificates that EdgeX's is issued by, in PEM; otherwise those the node trusts"),
        Token = f.Optional("token", SyncShapes.SecretKey, "a Secret with the JWT that a secured EdgeX asks for"),
        Service = f.Optional("service", Scalars.NonEmpty, "the device service of devices that name none; of a Device otherwise `device-modbus` or `device-virtual`, by its protocol"),
        Adopt = f.Default("adopt", Scalars.Bool, false, "take over what EdgeX holds already under a name that is here"),
        DeletionPolicy = f.Default("deletionPolicy", Deletion, DeletionPolicy.Delete, "what happens to what is there when it leaves Git"),
        Drift = SharedShapes.DriftOf(f),
        Suspend = SharedShapes.SuspendOf(f),
    });

    private static readonly Shape<EquatableArray<string>> Writes = new ListShape<string>(Scalars.NonEmpty);

    private static readonly Shape<EdgeXBackend> Named = new ObjectShape<EdgeXBackend>("backend", f =>
        f.Required("edgex", Full, "where it is"));

    public static readonly Shape<EdgeXBackend> Backend = new EitherShape<EdgeXBackend, BackendSystem>(
        Scalars.OneOf(("edgex", BackendSystem.EdgeX)), _ => EdgeXBackend.Near, Named);

    public static readonly KindShape<EdgeXSpec> EdgeX = new(ResourceKind.EdgeX, isRendered: true,
        "What an EdgeX is to hold.",
        new ObjectShape<EdgeXSpec>("EdgeX", f => new(
            f.Required("node", Scalars.Name, "the EdgeNode that converges it", literal: true),
            f.Required("metadata", Scalars.HttpUrl, "core-metadata"),
            f.Optional("bus", DeviceConnectionShapes.Bus, "the broker of its message bus"),
            f.Optional("ca", SharedShapes.Certificates, "certificates in PEM"),
            f.Default("headers", DeviceConnectionShapes.Headers, [], "sent with every request"),
            f.Default("adopt", Scalars.Bool, false, "take over what is there"),
            f.Default("deletionPolicy", Deletion, DeletionPolicy.Delete, "what happens when it leaves"),
            f.Required("objects", Scalars.Text, "profiles, devices and watchers, as JSON", literal: true))
        {
            Drift = SharedShapes.DriftOf(f),
            Suspend = SharedShapes.SuspendOf(f),
            Writes = f.Default("writes", Writes, [], "places of devices that are written"),
        }));
}
