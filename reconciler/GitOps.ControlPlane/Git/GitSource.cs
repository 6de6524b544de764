using System.Text.RegularExpressions;

namespace GitOps.ControlPlane.Git;

/// <summary>Where the fleet repository is, what is followed in it, and how to get in. Nobody is ever asked anything.</summary>
/// <param name="Address">A path, <c>file://</c>, <c>http://</c>, <c>https://</c>, <c>ssh://</c> or <c>user@host:path</c>.</param>
public sealed partial record GitSource(string Address, GitReference Reference)
{
    /// <summary>Private key for ssh; null: what ssh finds by itself.</summary>
    public string? SshKeyFile { get; init; }

    /// <summary>Host keys that are accepted; null: those of the user.</summary>
    public string? KnownHostsFile { get; init; }

    /// <summary>For http(s): user name; servers that take tokens ignore it.</summary>
    public string UserName { get; init; } = "git";

    /// <summary>For http(s): a file that holds a token or password, read at each fetch so that it can be renewed.</summary>
    public string? TokenFile { get; init; }

    /// <summary>For https: PEM authorities to trust instead of the machine's.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>After this long a fetch is killed.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The address without a password, for people.</summary>
    public string DisplayAddress => UserInfo().Replace(Address, "$1");

    /// <summary>A path on this machine, where the address is one.</summary>
    internal string? LocalPath =>
        Address.StartsWith("file://", StringComparison.Ordinal) ? Address["file://".Length..]
        : Address.StartsWith('/') ? Address
        : null;

    internal bool IsUsable => Address.Length < 2048 && Usable().IsMatch(Address);

    [GeneratedRegex(@"\A([a-z]+://)[^/@]*@")]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"\A(?:/|file:///|https?://[^-]|ssh://[^-]|[A-Za-z0-9_.][A-Za-z0-9_.-]*@[A-Za-z0-9_.\[][^:]*:)[^\x00-\x1f\x7f]*\z")]
    private static partial Regex Usable();
}
