using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace GitOps.ControlPlane.Git;

internal enum EntryKind
{
    File,
    Folder,
    Link,
    Submodule,
}

/// <param name="Name">Null where the bytes are no name that can be used.</param>
internal readonly record struct TreeEntry(EntryKind Kind, string? Name, string Id)
{
    [MemberNotNullWhen(true, nameof(Name))]
    public bool IsUsable => Name is not null;
}

/// <summary>Parses Git's tree objects: <c>mode SP name NUL id</c>, the id being 20 raw bytes.</summary>
internal static class RawTree
{
    private const int IdBytes = 20;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="GitObjectsException">The bytes are no tree.</exception>
    public static List<TreeEntry> Parse(ReadOnlySpan<byte> tree)
    {
        List<TreeEntry> entries = [];
        while (!tree.IsEmpty)
        {
            var (blank, zero) = (tree.IndexOf((byte)' '), tree.IndexOf((byte)0));
            if (blank < 5 || zero <= blank || tree.Length < zero + 1 + IdBytes)
            {
                throw new GitObjectsException("a tree object cannot be read");
            }

            var kind = tree[..blank] switch
            {
                [(byte)'4', ..] => EntryKind.Folder,
                [(byte)'1', (byte)'2', ..] => EntryKind.Link,
                [(byte)'1', (byte)'6', ..] => EntryKind.Submodule,
                _ => EntryKind.File,
            };
            entries.Add(new TreeEntry(
                kind, ToName(tree[(blank + 1)..zero]), Convert.ToHexStringLower(tree.Slice(zero + 1, IdBytes))));
            tree = tree[(zero + 1 + IdBytes)..];
        }

        return entries;
    }

    private static string? ToName(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var name = Strict.GetString(bytes);
            return name.Length is > 0 and <= 255 && name is not ("." or "..") && !name.Any(c => char.IsControl(c) || c is '/' or '\\') &&
                   !name.Equals(".git", StringComparison.OrdinalIgnoreCase)
                ? name
                : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
