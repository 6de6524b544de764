namespace GitOps.Manifests.Install;

/// <summary>
/// The Secret that an EMQX on the control plane's cluster starts with. <c>gitops broker emqx</c> prints it, because only there is the
/// fleet's authority; <c>infra/cloud</c> mounts it.
/// </summary>
public static class EmqxFiles
{
    public const string Secret = "gitops-broker";
    public const string Authority = "ca.crt";
    public const string Certificate = "tls.crt";
    public const string Key = "tls.key";
    public const string Access = "acl.conf";
}
