namespace GitOps.Bundles.Units;

/// <summary>Walks what a unit writes to the node, for fetching blobs and for filling secrets.</summary>
public static class UnitContents
{
    /// <summary>Versions of the sealed secrets that a bundle has holes for, once each.</summary>
    public static IReadOnlySet<Digest> SealedVersions(this Bundle bundle) =>
        bundle.Units.SelectMany(unit => unit.Spec.Contents()).SelectMany(content => content)
            .OfType<ContentPart.Secret>().Where(secret => secret.File is null).Select(secret => secret.Version).ToHashSet();

    public static IEnumerable<EquatableArray<ContentPart>> Contents(this UnitSpec spec) => spec switch
    {
        AgentSpec agent => [agent.Executable],
        FileSpec file => [file.Content],
        WorkloadSpec { Process: { } process } => [.. process.Files.Select(f => f.Content), .. process.Env.Select(e => e.Value)],
        WorkloadSpec { Containers: { } group } =>
        [
            .. group.Volumes.SelectMany(volume => volume.Files).Select(f => f.Content),
            .. group.Init.Concat(group.Containers).SelectMany(container => container.Env).Select(e => e.Value),
        ],
        DeviceSpec { Connection.Mapper: { } mapper } => mapper.Config.Select(setting => setting.Value),
        DeviceSpec device => [.. device.Connection.Headers.Select(header => header.Value), device.Connection.Password],
        SyncSpec sync => sync.Secrets,
        EdgeXSpec edgeX => [edgeX.Objects, edgeX.BusPassword, .. edgeX.Headers.Select(header => header.Value)],
        _ => [],
    };
}
