using GitOps.Bundles;

namespace GitOps.ControlPlane.Hosting;

/// <summary>What can be missing where a control plane is installed: INF010 to INF019.</summary>
public static class HostCodes
{
    public static readonly ErrorCode NoPeopleToken = new("INF010", "the people's token is not where the settings say",
        "With peopleTokenFile somebody else keeps the token, and a new one is not made in its place: who has the old one would be locked out unnoticed.");
}
