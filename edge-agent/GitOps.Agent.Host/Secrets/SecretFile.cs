namespace GitOps.Agent.Host.Secrets;

/// <summary>A file of the node with a secret that a person, or a unit, put there.</summary>
internal static class SecretFile
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Whether anybody but its owner may read or write it: then it is not used.</summary>
    public static bool IsOpenToOthers(UnixFileMode mode) => (mode & Others) != 0;
}
