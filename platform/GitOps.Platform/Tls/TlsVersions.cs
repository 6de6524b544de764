using System.Security.Authentication;

namespace GitOps.Platform.Tls;

/// <summary>What the fleet's own connections are made with; devices in the field are another matter.</summary>
public static class TlsVersions
{
    /// <summary>Said, not left to the machine: OpenSSL without a policy still offers 1.0 and 1.1 (RFC 8996 retires them).</summary>
    public const SslProtocols Accepted = SslProtocols.Tls12 | SslProtocols.Tls13;
}
