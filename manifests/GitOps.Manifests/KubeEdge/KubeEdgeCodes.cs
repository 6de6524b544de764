using GitOps.Bundles;

namespace GitOps.Manifests.KubeEdge;

/// <summary>Everything that can be said about device files of KubeEdge.</summary>
public static class KubeEdgeCodes
{
    public static readonly ErrorCode Refused = new("KED001", "an API server refuses a field",
        "KubeEdge's CustomResourceDefinition or its admission webhook says so.");

    public static readonly ErrorCode Upgraded = new("KED010", "a v1alpha2 resource was upgraded",
        "It was read in the shape of v1beta1; the file stays as it is. CloudCore since 1.15 reads v1beta1 only.");

    public static readonly ErrorCode Pruned = new("KED011", "an API server drops a field",
        "The definition knows no such field, so it is pruned without a word; a misspelt field vanishes.");

    public static readonly ErrorCode Cycle = new("KED012", "a cycle in nanoseconds",
        "collectCycle and reportCycle are milliseconds since KubeEdge 1.17.4; a value of the nanosecond era is days long.");

    public static readonly ErrorCode NoDesired = new("KED013", "a ReadWrite property without a desired value",
        "The mapper framework writes an empty value to the device at every start.");

    public static readonly ErrorCode Desired = new("KED014", "a desired value that has no effect or cannot be written",
        "A ReadOnly property ignores it; BYTES and STREAM cannot be converted; others must be of the property's type and range.");

    public static readonly ErrorCode Range = new("KED015", "a range that holds nothing, or is no number",
        "minimum and maximum are texts, so nothing checks them.");

    public static readonly ErrorCode Reference = new("KED016", "a device that KubeEdge cannot bring to a mapper",
        "Without deviceModelRef and nodeName CloudCore fails or never delivers it; a property that the model has not, or without a visitor, makes the mapper fail.");

    public static readonly ErrorCode LeftOut = new("KED020", "a part of a device that the agent does not act on",
        "The rest is. What is left out is never read or written by the node, and nothing else replaces it.");

    public static readonly ErrorCode NotEnforcedYet = new("KED031", "a device that nothing can act on",
        "It names no protocol, or none of its properties can be acted on. What the agent does not speak itself, a mapper on the node does.");

    public static readonly ErrorCode ModelMissing = new("KED032", "a device whose model is not there",
        "The model is looked for by name among the KubeEdge models of the repository.");

    public static readonly ErrorCode NodeMissing = new("KED033", "a device on a node that is not there",
        "nodeName is the name of an EdgeNode; a DeviceImport may name another one.");

    /// <summary>All of them, by code.</summary>
    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        Refused, Upgraded, Pruned, Cycle, NoDesired, Desired, Range, Reference, LeftOut, NotEnforcedYet, ModelMissing, NodeMissing,
    ];
}
