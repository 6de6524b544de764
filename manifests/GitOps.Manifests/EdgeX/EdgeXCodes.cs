using GitOps.Bundles;

namespace GitOps.Manifests.EdgeX;

/// <summary>Everything that can be said about files of EdgeX.</summary>
public static class EdgeXCodes
{
    public static readonly ErrorCode Broken = new("EDX001", "a file of EdgeX cannot be read",
        "It is no YAML, JSON or TOML as EdgeX reads them: EdgeX refuses it as well.");

    public static readonly ErrorCode Refused = new("EDX002", "EdgeX refuses a field",
        "The validators of EdgeX 4 (go-mod-core-contracts) say so, and core-metadata or the device service would not take the document.");

    public static readonly ErrorCode Template = new("EDX003", "a file of EdgeX or KubeEdge is a template",
        "A Helm or Go template is no document yet. Render it first and commit what comes out.");

    public static readonly ErrorCode Upgraded = new("EDX010", "a document of an older EdgeX was upgraded",
        "It was read in the shape of EdgeX 4; the file stays as it is. 'gitops convert' writes what was read.");

    public static readonly ErrorCode UnknownKey = new("EDX011", "EdgeX ignores a key",
        "EdgeX knows no field of that name there and drops it without a word; a misspelt field vanishes.");

    public static readonly ErrorCode Range = new("EDX012", "a range that holds nothing, or more than its type",
        "EdgeX takes it, and then every write fails, or a value is cut.");

    public static readonly ErrorCode Transformation = new("EDX013", "a scale, mask or shift that does not do what it seems to",
        "EdgeX takes it without a word and computes something else.");

    public static readonly ErrorCode DefaultValue = new("EDX014", "a default value that is none of its type",
        "EdgeX looks at it only when a command is sent without a value, and fails then.");

    public static readonly ErrorCode Attribute = new("EDX015", "an attribute that the device service does not understand",
        "Attributes are not looked at when a profile is added; reading or writing the resource fails.");

    public static readonly ErrorCode Ignored = new("EDX016", "a part of the file that EdgeX does not read",
        "Only the first document of a file is read.");

    public static readonly ErrorCode Source = new("EDX017", "an auto event that names nothing, or never comes",
        "Its source is neither a resource nor a command of the profile, or its interval is refused when the device is added.");

    public static readonly ErrorCode Protocol = new("EDX018", "a protocol property that is missing or misspelt",
        "The driver of the device service needs it; core-metadata does not look.");

    public static readonly ErrorCode Twice = new("EDX019", "two devices, profiles or watchers of one name",
        "The second is not added: a name exists once in one EdgeX.");

    public static readonly ErrorCode LeftOut = new("EDX020", "a part of a profile or device that the agent does not act on",
        "The rest is. What is left out is never read or written by the node, and nothing else replaces it.");

    public static readonly ErrorCode NotImported = new("EDX030", "a device that no DeviceImport puts on a node",
        "EdgeX devices name a device service, not a node. A DeviceImport says which node serves the files of a folder.");

    public static readonly ErrorCode NotEnforcedYet = new("EDX031", "a protocol that the agent does not speak yet",
        "Nothing would act on the device. List the protocol in 'leave' of the DeviceImport to leave such devices to whoever serves them today.");

    public static readonly ErrorCode ProfileMissing = new("EDX032", "a device whose profile is not there",
        "The profile is looked for below the same DeviceImport, then among all profiles, then among the DeviceModels.");

    public static readonly ErrorCode ImportsNothing = new("EDX033", "a DeviceImport that covers no device",
        "Its 'from' names no file with devices, or its filters leave none.");

    public static readonly ErrorCode ImportedTwice = new("EDX034", "a device that two DeviceImports put on nodes",
        "A device is behind exactly one node.");

    public static readonly ErrorCode UnknownName = new("EDX040", "a DeviceImport speaks of a device that it does not import",
        "A value that it desires of such a device, or wants to go up, would have no effect. Names are those of the device's own file.");

    /// <summary>All of them, by code.</summary>
    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        Broken, Refused, Template, Upgraded, UnknownKey, Range, Transformation, DefaultValue, Attribute, Ignored, Source, Protocol,
        Twice, LeftOut, NotImported, NotEnforcedYet, ProfileMissing, ImportsNothing, ImportedTwice, UnknownName,
    ];
}
