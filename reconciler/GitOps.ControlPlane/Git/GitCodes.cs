using GitOps.Bundles;

namespace GitOps.ControlPlane.Git;

/// <summary>What can be wrong between the control plane and its Git repository: PUB050 to PUB079.</summary>
public static class GitCodes
{
    public static readonly ErrorCode Authentication = new("PUB050", "the Git server refuses the credentials",
        "Nobody is asked for a password: credentials come from the configuration. The last good revision stays published.");

    public static readonly ErrorCode Unreachable = new("PUB051", "the Git server cannot be reached",
        "A name, a route, a port or the server itself fails. It is tried again at the next poll; the last good revision stays published.");

    public static readonly ErrorCode NoSuchReference = new("PUB052", "the repository has no such branch, tag or commit",
        "The followed branch was deleted or renamed, or nothing was pushed yet. The last good revision stays published.");

    public static readonly ErrorCode NotARepository = new("PUB053", "the address is not a Git repository",
        "There is something else at the address, or nothing, or a private repository that the server hides.");

    public static readonly ErrorCode Unsupported = new("PUB054", "the repository is of a kind that is not supported",
        "SHA-256 repositories, partial clones and shallow clones cannot be followed: history and objects must be whole, ids have 40 digits.");

    public static readonly ErrorCode TooSlow = new("PUB055", "git did not finish in time",
        "The process was killed. It is tried again at the next poll; the last good revision stays published.");

    public static readonly ErrorCode ServerCertificate = new("PUB056", "the Git server's certificate is not trusted",
        "The certificate is expired, for another name, or from an authority this machine does not know.");

    public static readonly ErrorCode Failed = new("PUB057", "git failed",
        "Git ended with an error that is none of the usual ones; the message has its words.");

    public static readonly ErrorCode Damaged = new("PUB058", "the local mirror is damaged",
        "A power cut or a disk error broke it. It is fetched anew beside the old one and swapped in.");

    public static readonly ErrorCode NoGit = new("PUB059", "there is no usable git program",
        "Network work is done by the git program, version 2.34 or newer.");

    public static readonly ErrorCode BadAddress = new("PUB060", "the repository's address or reference cannot be used",
        "Addresses are a path, file://, http://, https://, ssh:// or user@host:path; references a branch, refs/tags/<tag> or a full commit id.");

    public static readonly ErrorCode FileTooLarge = new("PUB070", "a file is too large",
        "Every read has a limit, so that one commit cannot fill the memory of the control plane.");

    public static readonly ErrorCode TreeTooLarge = new("PUB071", "the source tree is too large",
        "Every read has a limit, so that one commit cannot fill the memory of the control plane.");

    public static readonly ErrorCode SymbolicLink = new("PUB072", "a symbolic link is not followed",
        "A link could lead out of the repository, and reads differently on other systems. The file is left out.");

    public static readonly ErrorCode Submodule = new("PUB073", "a submodule is not fetched",
        "A revision is one commit of one repository. The folder is left out.");

    public static readonly ErrorCode CaseCollision = new("PUB074", "two names differ only in case",
        "On macOS and Windows a checkout keeps only one of them.");

    public static readonly ErrorCode BadName = new("PUB075", "a file's name cannot be used",
        "Names are UTF-8 without control characters, and not '.', '..' or '.git'.");

    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        Authentication, Unreachable, NoSuchReference, NotARepository, Unsupported, TooSlow, ServerCertificate, Failed, Damaged,
        NoGit, BadAddress, FileTooLarge, TreeTooLarge, SymbolicLink, Submodule, CaseCollision, BadName,
    ];
}
