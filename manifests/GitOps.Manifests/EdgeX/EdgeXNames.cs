using System.Globalization;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// What Devices and DeviceModels of ours are called in an EdgeX: as they are here, or as they were there when they were made of
/// files of EdgeX.
/// </summary>
public static class EdgeXNames
{
    private const string System = "edgex";

    /// <summary>Of the device or of the profile.</summary>
    public static string Of(string name, ForeignOrigin? origin) => origin is { System: System } ? origin.Name : name;

    /// <summary>Of the device resource that a property becomes.</summary>
    public static string OfResource(DeviceModelSpec model, string property) =>
        model.Foreign is { System: System } origin && origin.Names.FirstOrDefault(name => name.Name == property) is { } changed ? changed.Foreign : property;

    /// <summary>
    /// The unit that keeps an EdgeX as the Devices of a node say: one for each core-metadata, and another when the address changes, so that
    /// what is at the old one is removed there.
    /// </summary>
    public static string OfUnit(string node, EdgeXBackend backend) =>
        ForeignNames.Resource(backend.Metadata == EdgeXBackend.Near.Metadata || !Uri.TryCreate(backend.Metadata, UriKind.Absolute, out var url)
            ? $"{node}-edgex"
            : string.Create(CultureInfo.InvariantCulture, $"{node}-edgex-{url.Host}-{url.Port}{(url.AbsolutePath == "/" ? "" : url.AbsolutePath)}"));

    /// <summary>Whether two nodes would mean one EdgeX by this address.</summary>
    internal static bool IsShared(string metadata) => !Uri.TryCreate(metadata, UriKind.Absolute, out var url) || !url.IsLoopback;
}
