using GitOps.Bundles;

namespace GitOps.ControlPlane.Store;

/// <summary>What can go wrong between a compiled revision and what nodes fetch: PUB030 to PUB049.</summary>
public static class StoreCodes
{
    public static readonly ErrorCode StoreUnreadable = new("PUB030", "the content store cannot be read",
        "Its log is damaged before the end, belongs to another fleet, or was written by a newer release. Nothing is published; nodes keep what they have.");

    public static readonly ErrorCode StoreNotWritten = new("PUB031", "a publication could not be written",
        "The disk of the content store failed or is full. Nothing of it was opened to nodes; it is tried again.");

    public static readonly ErrorCode LeaseTaken = new("PUB032", "another control plane publishes into this store",
        "Two publishers on one store would give one generation to two publications, which nodes report as an attack.");

    public static readonly ErrorCode RootKeyMissing = new("PUB033", "the root of trust has to change and cannot be signed here",
        "The root names another publication key or authority than are here, and the root keys are lost or kept elsewhere. Nodes would refuse " +
        "what is signed with these; they keep what they have.");

    public static readonly ErrorCode WrongFleet = new("PUB034", "a revision names another fleet",
        "Fleet.spec.uid differs from the fleet this control plane serves. Nodes would refuse its bundles.");

    public static IReadOnlyList<ErrorCode> All { get; } =
        [StoreUnreadable, StoreNotWritten, LeaseTaken, RootKeyMissing, WrongFleet];
}
