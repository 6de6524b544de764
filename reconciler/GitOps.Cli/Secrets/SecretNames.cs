namespace GitOps.Cli.Secrets;

/// <summary>For completion in a shell: the Secrets of the repository one stands in; nothing where it cannot be read.</summary>
internal static class SecretNames
{
    public static IEnumerable<string> All()
    {
        try
        {
            return [.. new SecretVault(".").Names];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
