using System.Diagnostics;
using System.Text.RegularExpressions;

namespace GitOps.ControlPlane.Git;

/// <summary>What is followed.</summary>
public abstract partial record GitReference
{
    private GitReference() { } // closed: every case is in this file

    public sealed record Branch(string Name) : GitReference
    {
        public override string ToString() => $"branch '{Name}'";
    }

    public sealed record Tag(string Name) : GitReference
    {
        public override string ToString() => $"tag '{Name}'";
    }

    /// <summary>A full commit id: pinned until the configuration changes.</summary>
    public sealed record Commit(string Id) : GitReference
    {
        public override string ToString() => $"commit {Id}";
    }

    /// <summary>
    /// Reads <c>main</c>, <c>refs/heads/main</c>, <c>refs/tags/v1</c> or 40 hex digits; null for what cannot be a reference
    /// (git-check-ref-format).
    /// </summary>
    public static GitReference? TryParse(string text)
    {
        if (IsCommitId(text))
        {
            return new Commit(text);
        }

        if (!NamePattern().IsMatch(text) || text.EndsWith(".lock", StringComparison.Ordinal))
        {
            return null;
        }

        const string tags = "refs/tags/", heads = "refs/heads/";
        return text.StartsWith(tags, StringComparison.Ordinal) ? new Tag(text[tags.Length..])
            : text.StartsWith(heads, StringComparison.Ordinal) ? new Branch(text[heads.Length..])
            : text.StartsWith("refs/", StringComparison.Ordinal) ? null
            : new Branch(text);
    }

    public static bool IsCommitId(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>The name on the remote's side of a refspec.</summary>
    internal string Remote => this switch
    {
        Branch(var name) => $"refs/heads/{name}",
        Tag(var name) => $"refs/tags/{name}",
        Commit(var id) => id,
        _ => throw new UnreachableException(ToString()),
    };

    [GeneratedRegex(@"\A(?![-./])(?!.*(?:\.\.|//|/\.|@\{|\.lock/))[^\x00-\x20\x7f~^:?*\[\\]{1,255}(?<![./])\z")]
    private static partial Regex NamePattern();
}
