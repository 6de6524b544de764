using GitOps.Bundles;

namespace GitOps.Manifests.Registrations;

/// <summary>What can be wrong when nodes are registered from a fleet repository.</summary>
public static class RegistrationCodes
{
    public static readonly ErrorCode ManyRemovals = new("INF001", "more nodes would be de-registered than the limit allows",
        "A wrong folder or branch looks like this. The id in the message confirms just this set of nodes.");

    public static readonly ErrorCode NoFleet = new("INF002", "the fleet repository cannot be used",
        "It has errors, or no Fleet: then what seems to be gone may only be unreadable, and nothing is changed.");

    public static readonly ErrorCode WrongSettings = new("INF003", "the settings of an infrastructure stack are wrong",
        "All that is wrong in the stack's configuration is listed at once; nothing is changed.");
}
