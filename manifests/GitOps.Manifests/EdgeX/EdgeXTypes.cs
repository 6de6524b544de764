using GitOps.Manifests.Foreign;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// The documents of EdgeX 3 and 4, as go-mod-core-contracts types them (<c>dtos</c>, versions 3.1.0 and 4.0.3). What of it has
/// to be there and which words it takes is a matter of <see cref="EdgeXRules"/>: a reader finds types first and rules after.
/// </summary>
internal static class EdgeXTypes
{
    private const string Resource = """
        {description:s name:s isHidden:b attributes:<*> tags:<*> properties:{
          valueType:s readWrite:s units:s minimum:f maximum:f defaultValue:s mask:u shift:i scale:f offset:f base:f
          assertion:s mediaType:s optional:<*>}}
        """;

    private const string Command = """
        {name:s isHidden:b readWrite:s tags:<*> resourceOperations:[{deviceResource:s defaultValue:s mappings:<s>}]}
        """;

    private const string AutoEvent = """
        {interval:s onChange:b onChangeThreshold:f sourceName:s retention:{maxCap:i minCap:i duration:s}}
        """;

    public static readonly ForeignType Profile = ForeignType.Of($$"""
        {id:s name:s manufacturer:s description:s model:s labels:[s] apiVersion:s created:i modified:i
         deviceResources:[{{Resource}}] deviceCommands:[{{Command}}]}
        """);

    public static readonly ForeignType Device = ForeignType.Of($$"""
        {id:s name:s parent:s description:s adminState:s operatingState:s labels:[s] location:* serviceName:s profileName:s
         autoEvents:[{{AutoEvent}}] protocols:<<*>> tags:<*> properties:<*> created:i modified:i}
        """);

    public static readonly ForeignType Watcher = ForeignType.Of($$"""
        {id:s name:s serviceName:s labels:[s] identifiers:<s> blockingIdentifiers:<[s]> adminState:s created:i modified:i
         discoveredDevice:{profileName:s adminState:s autoEvents:[{{AutoEvent}}] properties:<*>} }
        """);

    /// <summary>What a request carries beside the document.</summary>
    public static readonly ForeignType Request = ForeignType.Of("{apiVersion:s requestId:s ...}");

    /// <summary>The value types, in the spelling that EdgeX normalises to; the last came with version 4.</summary>
    public static readonly IReadOnlyList<string> ValueTypes =
    [
        "Bool", "String", "Uint8", "Uint16", "Uint32", "Uint64", "Int8", "Int16", "Int32", "Int64", "Float32", "Float64", "Binary",
        "BoolArray", "StringArray", "Uint8Array", "Uint16Array", "Uint32Array", "Uint64Array", "Int8Array", "Int16Array",
        "Int32Array", "Int64Array", "Float32Array", "Float64Array", "Object", "ObjectArray",
    ];

    public static ForeignType Of(EdgeXKind kind) => kind switch
    {
        EdgeXKind.Profile => Profile,
        EdgeXKind.Device => Device,
        EdgeXKind.Watcher => Watcher,
        _ => throw new System.Diagnostics.UnreachableException($"{kind}"),
    };

    /// <summary>The spelling of EdgeX, or null for a type it does not have.</summary>
    public static string? Normalised(string valueType) =>
        ValueTypes.FirstOrDefault(type => string.Equals(type, valueType, StringComparison.OrdinalIgnoreCase));
}

public enum EdgeXKind
{
    Profile,
    Device,
    Watcher,
}

/// <summary>Whose rules are asked for: the last of EdgeX 3, or EdgeX 4.</summary>
public enum EdgeXVersion
{
    V31,
    V4,
}
