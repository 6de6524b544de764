using System.Text;
using GitOps.Bundles;
using GitOps.Cli.Sources;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Platform.Age;
using GitOps.Platform.Files;

namespace GitOps.Cli.Secrets;

/// <summary>Whom a secret is encrypted to. <paramref name="AreOwn"/>: they are for its file alone, and stay so.</summary>
internal sealed record SecretReaders(IReadOnlyList<NamedRecipient> To, bool AreOwn)
{
    public override string ToString() => AreOwn ? $"{To.Count} recipient(s) of its own" : $"{To.Count} recipient(s)";
}

/// <summary>The encrypted files of a fleet repository, as its Secrets name them.</summary>
internal sealed class SecretVault
{
    private readonly string _repository;
    private readonly FleetManifest _manifest;

    public SecretVault(string repository)
    {
        _repository = repository;
        _manifest = ManifestParser.Parse(new FleetSource(WorkTree.Read(repository))).Manifest;
    }

    /// <summary>The names of all Secrets with an encrypted file.</summary>
    public IEnumerable<string> Names => _manifest.Secrets.Where(secret => secret.Spec.Age is not null).Select(secret => secret.Name);

    public SecretSpec? Find(string name) => _manifest.Secrets.TryGet(name, out var secret) ? secret.Spec : null;

    /// <summary>Where the file of a Secret lies, relative to the repository; where a new one would.</summary>
    public string PathOf(string name) => Find(name)?.Age?.Path ?? $"secrets/{name}.age";

    /// <summary>Encrypts and writes, as one.</summary>
    public void Write(string name, ReadOnlySpan<byte> plaintext, SecretReaders readers)
    {
        // Noted first: a file that is encrypted to a few, and nobody knows, would be encrypted to all of the list the next time.
        if (readers.AreOwn)
        {
            new RecipientList(_repository, PathOf(name)).Set(readers.To);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(FullPathOf(name))!);
        AtomicFile.Write(DiskFileLayer.Host, FullPathOf(name), Encoding.ASCII.GetBytes(AgeArmor.Encode(AgeFile.Seal(plaintext, [.. readers.To.Select(one => one.Recipient)]))), AtomicFile.Readable);
    }

    /// <summary>Whom to encrypt a secret to: those that are given, otherwise those of its file's own list, or of the list of all; or what is wrong with them.</summary>
    public (SecretReaders? Readers, Problem? Problem) To(string name, IReadOnlyList<NamedRecipient> given)
    {
        var own = new RecipientList(_repository, PathOf(name));
        var list = own.Exists ? own : new RecipientList(_repository);
        var (to, unreadable) = given.Count > 0 ? ([.. given.DistinctBy(one => one.Recipient)], null) : Listed(list);
        return unreadable is not null ? (null, new Problem(CliCodes.Recipients, unreadable, "correct the line, or remove it"))
            : to.Count == 0 ? (null, new Problem(CliCodes.Recipients, $"there is nobody to encrypt '{name}' to: {list.Name} lists none",
                "on the control plane, 'gitops secret recipients --data-directory DIR' prints its key; then 'gitops secret recipients add age1…'"))
            : to.Count > AgeFile.MostRecipients ? (null, new Problem(CliCodes.Recipients, $"there are {to.Count} to encrypt to",
                $"a file has at most {AgeFile.MostRecipients} recipients: let the control plane seal it to the nodes"))
            : (new SecretReaders(to, AreOwn: given.Count > 0 || own.Exists), null);
    }

    private static (IReadOnlyList<NamedRecipient> Recipients, string? Wrong) Listed(RecipientList list)
    {
        var (recipients, wrong) = list.Read();
        return ([.. recipients.Select(recipient => new NamedRecipient(recipient))], wrong);
    }

    /// <summary>The plaintext of a Secret, or why it cannot be had.</summary>
    public (byte[]? Plaintext, Problem? Problem) Open(string name, FileInfo? identity)
    {
        if (identity is null || AgeIdentity.TryParse(File.ReadAllText(identity.FullName)) is not { } key)
        {
            return (null, new Problem(CliCodes.SecretOpen, identity is null ? "no key was given" : $"{identity} is not one identity of age",
                "name a file as age-keygen writes it with --identity; its recipient has to be one of the file's"));
        }

        if (Read(name) is not { } file)
        {
            return (null, new Problem(CliCodes.SecretOpen, $"there is no {PathOf(name)}", $"'gitops secret seal {name}' writes it"));
        }

        return AgeFile.Open(file, key) switch
        {
            AgeOpening.Opened opened => (opened.Plaintext(), null),
            AgeOpening.ForOthers => (null, new Problem(CliCodes.SecretOpen, $"{PathOf(name)} is not encrypted to {key.Recipient}",
                "use a key that it was encrypted to, or seal the secret anew")),
            AgeOpening.Malformed(var because) => (null, new Problem(CliCodes.SecretOpen, $"{PathOf(name)} is damaged: {because}", "take it from Git again, or seal the secret anew")),
            var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
        };
    }

    private byte[]? Read(string name) => File.Exists(FullPathOf(name)) ? WorkTree.ReadFile(FullPathOf(name)) : null;

    private string FullPathOf(string name) => Path.GetFullPath($"{_repository}/{PathOf(name)}");
}
