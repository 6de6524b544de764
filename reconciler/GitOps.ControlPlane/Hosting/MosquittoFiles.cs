using System.Net;
using System.Text;
using GitOps.Bundles;
using GitOps.ControlPlane.Distribution.Mqtt;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Hosting;

/// <summary>A Mosquitto to be set up for the fleet.</summary>
/// <param name="Folder">Absolute: where the files are written; created where there is none.</param>
/// <param name="Place">Absolute: where they will lie on the broker's machine.</param>
/// <param name="Listen">Where it listens.</param>
/// <param name="Names">Names and addresses nodes reach it by; at least one.</param>
/// <param name="User">Whom it becomes when root starts it.</param>
public sealed record MosquittoSetup(string Folder, string Place, IPEndPoint Listen, IReadOnlyList<string> Names, string User)
{
    /// <summary>MQTT over TLS, as IANA has it.</summary>
    public const int DefaultPort = 8883;

    /// <summary>A year: whoever runs this again renews it, and takes up what was revoked since.</summary>
    public TimeSpan Validity { get; init; } = TimeSpan.FromDays(397);
}

/// <summary>What became of it. Closed.</summary>
public abstract record MosquittoWritten
{
    private MosquittoWritten() { }

    public sealed record Done(IReadOnlyList<string> Files) : MosquittoWritten;

    public sealed record Refused(Problem Problem) : MosquittoWritten;
}

/// <summary>
/// Writes everything Mosquitto needs to be the fleet's broker (docs/contracts.md §12), on the machine of the control plane,
/// while it runs or not. Doing it again replaces the files.
/// </summary>
public static class MosquittoFiles
{
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static MosquittoWritten Write(ControlPlaneSettings settings, MosquittoSetup setup, IFileLayer layer, TimeProvider time)
    {
        var data = new DataDirectory(settings.DataDirectory);
        if (FleetPin.Read(layer, data) is not { } fleet)
        {
            return new MosquittoWritten.Refused(IdentityCodes.WithoutFleet(data));
        }

        try
        {
            var authority = FleetAuthority.Open(layer, data, time);
            var places = new MosquittoPlaces(
                setup.Listen, $"{setup.Place}/ca.crt", $"{setup.Place}/broker.crt", $"{setup.Place}/broker.key", $"{setup.Place}/gitops.acl")
            {
                RevocationList = $"{setup.Place}/revoked.crl",
                User = setup.User,
            };
            layer.EnsureDirectory(setup.Folder, FolderMode);
            authority.Issue(ca => ca.IssueServer(setup.Names, setup.Validity))
                .Save(layer, $"{setup.Folder}/broker.crt", $"{setup.Folder}/broker.key");
            WriteText("ca.crt", authority.CertificatePem);
            WriteText("revoked.crl", authority.RevocationListPem());
            WriteText("gitops.acl", MosquittoConfig.RenderAccess(fleet));
            WriteText("mosquitto.conf", MosquittoConfig.Render(places));
            return new MosquittoWritten.Done(["mosquitto.conf", "gitops.acl", "ca.crt", "revoked.crl", "broker.crt", "broker.key"]);
        }
        catch (AuthorityBusyException busy)
        {
            return new MosquittoWritten.Refused(new Problem(IdentityCodes.AuthorityBusy, busy.Message, "try again in a moment"));
        }

        void WriteText(string name, string text) =>
            AtomicFile.Write(layer, $"{setup.Folder}/{name}", Encoding.UTF8.GetBytes(text), AtomicFile.Readable);
    }
}
