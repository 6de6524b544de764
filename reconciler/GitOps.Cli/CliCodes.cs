using GitOps.Bundles;

namespace GitOps.Cli;

/// <summary>What can go wrong in the terminal program itself.</summary>
internal static class CliCodes
{
    public static readonly ErrorCode Unreadable = new("CLI001", "a file given to a command cannot be read",
        "The file does not exist or this user may not read it.");

    public static readonly ErrorCode Demo = new("CLI003", "the demo cannot run",
        "A part it needs is missing on this machine.");

    public static readonly ErrorCode NotEmpty = new("CLI004", "a new fleet repository would be written over something",
        "The folder holds files. Choose another; --force adds what is missing and replaces nothing.");

    public static readonly ErrorCode Unwritable = new("CLI005", "a file of the repository cannot be written",
        "The path does not exist, this user may not write it, or the disk is full.");

    public static readonly ErrorCode Unanswered = new("CLI006", "what is to be imported cannot be read",
        "Nothing answers there, something else does, or the token is missing.");

    public static readonly ErrorCode Recipients = new("CLI010", "nobody, or somebody unknown, to encrypt a secret to",
        "Secrets are encrypted to the recipients of .gitops/recipients, the control plane's among them.");

    public static readonly ErrorCode SecretInput = new("CLI011", "what is to be encrypted is no secret",
        "A secret is KEY=VALUE, a mapping of keys to texts in YAML or JSON, or one value.");

    public static readonly ErrorCode SecretOpen = new("CLI012", "an encrypted file cannot be opened",
        "It is opened with the identity of one of its recipients, and with nothing else.");

    public static readonly ErrorCode SecretEdit = new("CLI013", "a secret was not edited",
        "The editor did not end well, or there is no folder in memory for what was decrypted. The file in the repository is as it was.");
}
