using GitOps.Bundles;

namespace GitOps.ControlPlane.Api;

/// <summary>What people's programs may be told: PUB130 to PUB139.</summary>
public static class ApiCodes
{
    public static readonly ErrorCode NoToken = new("PUB130", "a request carries no token, or a wrong one",
        "The API answers to 'Authorization: Bearer TOKEN'. On the control plane's machine the token is in people.token of the data directory.");

    public static readonly ErrorCode NotFound = new("PUB131", "there is nothing under this address",
        "The path, or the node or revision it names, does not exist.");

    public static readonly ErrorCode BadRequest = new("PUB132", "a request cannot be understood",
        "A parameter has a value it cannot have, or the body is too long.");

    public static readonly ErrorCode BadSignature = new("PUB133", "a webhook's signature is wrong",
        "The call was not signed with the shared secret. It does nothing.");

    public static readonly ErrorCode Unreachable = new("PUB134", "the control plane cannot be reached",
        "Nothing answered, or what answered is no control plane of a version this program understands.");

    public static readonly ErrorCode NotReady = new("PUB135", "the control plane is still starting",
        "It has not read the fleet repository yet, so it does not know its fleet. The log says what it waits for.");

    public static IReadOnlyList<ErrorCode> All { get; } = [NoToken, NotFound, BadRequest, BadSignature, Unreachable, NotReady];
}
