using GitOps.Bundles;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Reconciling;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Hosting;

/// <summary>
/// Enrols nodes on the machine of the control plane, while it runs or not: addresses come from its settings, fleet, root
/// of trust and how long certificates last from its data directory.
/// </summary>
public static class NodeEnrolling
{
    private const int RootLimitBytes = 1 << 20;

    /// <param name="folder">Absolute: the identity folder to write.</param>
    /// <param name="force">Whether a folder that is there already is replaced.</param>
    public static NodeEnrolled Add(
        ControlPlaneSettings settings, IFileLayer layer, TimeProvider time, string node, string folder, bool force)
    {
        var data = new DataDirectory(settings.DataDirectory);
        if (FleetPin.Read(layer, data) is not { } fleet || layer.Read(data.Root, RootLimitBytes) is not { } root)
        {
            return new NodeEnrolled.Refused(IdentityCodes.WithoutFleet(data));
        }

        var enrolment = new NodeEnrolment(node, fleet, folder, root, NodeAddresses.Server(settings), NodeAddresses.Broker(settings))
        {
            Force = force,
            Validity = RevisionBook.IdentityIn(data.Database).CertificateLife,
        };
        try
        {
            return NodeIdentity.Add(enrolment, FleetAuthority.Open(layer, data, time), layer);
        }
        catch (AuthorityBusyException busy)
        {
            return new NodeEnrolled.Refused(new Problem(IdentityCodes.AuthorityBusy, busy.Message, "try again in a moment"));
        }
    }
}
