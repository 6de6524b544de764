using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Identity;

/// <summary>
/// Where a control plane keeps what is its own: one directory, closed to others. Back it up whole; the certificate
/// authority and the keys cannot be made again.
/// </summary>
public sealed record DataDirectory(string Path)
{
    internal const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Folder of the certificate authority that issues nodes' and servers' certificates.</summary>
    public string Authority => $"{Path}/ca";

    /// <summary>Held while a certificate is issued: <c>serve</c> and <c>node add</c> may run side by side.</summary>
    public string AuthorityLock => $"{Path}/ca.lock";

    /// <summary>Certificates withdrawn before their time (<see cref="WithdrawnCertificates"/>).</summary>
    public string Withdrawn => $"{Authority}/withdrawn.json";

    public string ServerCertificate => $"{Path}/server.crt";

    public string ServerKey => $"{Path}/server.key";

    /// <summary>SQLite: revisions, rollouts, reports.</summary>
    public string Database => $"{Path}/gitops.db";

    /// <summary>SQLite: what devices said.</summary>
    public string Values => $"{Path}/values.db";

    /// <summary>What nodes fetch; the lease that keeps a second control plane away lies there too.</summary>
    public string Store => $"{Path}/store";

    /// <summary>Folder of the root key and the publication key.</summary>
    public string Keys => $"{Path}/keys";

    /// <summary>The identity of age that secrets in Git are encrypted to.</summary>
    public string SealKey => $"{Keys}/age.key";

    /// <summary>The newest root of trust, for <c>node add</c>.</summary>
    public string Root => $"{Path}/root.json";

    /// <summary>A root that a control plane which runs is to take; it removes the file.</summary>
    public string OfferedRoot => $"{Path}/root.offered.json";

    /// <summary>The bare mirror of the fleet repository.</summary>
    public string Mirror => $"{Path}/mirror.git";

    /// <summary>What the next start need not compile again; may be deleted at any time.</summary>
    public string Warm => $"{Path}/compiled.cache";

    /// <summary>The token people's programs present.</summary>
    public string PeopleToken => $"{Path}/people.token";

    /// <summary>Which fleet this control plane is for, since its first revision.</summary>
    public string Fleet => $"{Path}/fleet.json";

    /// <summary>Creates the directory where there is none.</summary>
    public void Ensure(IFileLayer layer) => layer.EnsureDirectory(Path, OwnerOnly);
}
