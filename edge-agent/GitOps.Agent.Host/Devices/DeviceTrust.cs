using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GitOps.Platform.Tls;

namespace GitOps.Agent.Host.Devices;

/// <summary>Whom a device's own <c>ca</c> trusts.</summary>
internal static class DeviceTrust
{
    public const string NoCertificate = "'ca' is no certificate";

    /// <summary>False when the text is no certificate in PEM. No text gives no verifier: what the machine trusts counts.</summary>
    public static bool TryRead(string? authority, TimeProvider time, out PeerVerifier? verifier)
    {
        verifier = null;
        if (authority is null)
        {
            return true;
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(authority);
        }
        catch (CryptographicException)
        {
            return false;
        }

        verifier = new PeerVerifier([.. authorities], PeerRole.Server, time.GetUtcNow);
        return true;
    }
}
