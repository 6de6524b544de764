using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Files;

/// <summary>
/// Opens every path beneath the policy root it lies under, without following links, so that nobody who may write there
/// leads the agent elsewhere. A root itself may be a link: who may change that owns the machine.
/// </summary>
/// <param name="roots">The policy's roots.</param>
/// <param name="confine">The layer of one root.</param>
internal sealed class PolicyRoots(IFileLayer host, IReadOnlyList<string> roots, Func<string, IFileLayer> confine)
{
    private const UnixFileMode Mode = (UnixFileMode)0x1ED; // 0755
    private readonly IReadOnlyList<string> _roots = [.. roots.Select(r => r == "/" ? r : r.TrimEnd('/'))];

    /// <summary>The layer for a path, which sees nothing outside the path's root.</summary>
    /// <exception cref="FileLayerException">No root of the policy holds the path.</exception>
    public IFileLayer Beneath(string path) => confine(RootOf(path));

    /// <summary>The same, and the root is there afterwards.</summary>
    /// <exception cref="FileLayerException">No root of the policy holds the path, or it cannot be made.</exception>
    public IFileLayer EnsureBeneath(string path)
    {
        host.EnsureDirectory(RootOf(path), Mode);
        return Beneath(path);
    }

    /// <summary>The innermost root that holds the path.</summary>
    /// <exception cref="FileLayerException">There is none.</exception>
    public string RootOf(string path) => _roots
        .Where(root => root == "/" || path.StartsWith(root + "/", StringComparison.Ordinal))
        .MaxBy(root => root.Length)
        ?? throw new FileLayerException(FileFault.Outside, "open", path, $"lies beneath none of [{string.Join(", ", _roots)}]");
}
