using System.Text;
using GitOps.Cli.Sources;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Platform.Age;
using GitOps.Platform.Files;

namespace GitOps.Cli.Secrets;

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

    public RecipientList Recipients => new(_repository);

    /// <summary>The names of all Secrets with an encrypted file.</summary>
    public IEnumerable<string> Names => _manifest.Secrets.Where(secret => secret.Spec.Age is not null).Select(secret => secret.Name);

    public SecretSpec? Find(string name) => _manifest.Secrets.TryGet(name, out var secret) ? secret.Spec : null;

    /// <summary>Where the file of a Secret lies, relative to the repository; where a new one would.</summary>
    public string PathOf(string name) => Find(name)?.Age?.Path ?? $"secrets/{name}.age";

    /// <summary>Null when the file is not there.</summary>
    public byte[]? Read(string name) => File.Exists(FullPathOf(name)) ? WorkTree.ReadFile(FullPathOf(name)) : null;

    /// <summary>Encrypts and writes, as one.</summary>
    public void Write(string name, ReadOnlySpan<byte> plaintext, IReadOnlyCollection<AgeRecipient> to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FullPathOf(name))!);
        AtomicFile.Write(DiskFileLayer.Host, FullPathOf(name), Encoding.ASCII.GetBytes(AgeArmor.Encode(AgeFile.Seal(plaintext, to))), AtomicFile.Readable);
    }

    private string FullPathOf(string name) => Path.GetFullPath($"{_repository}/{PathOf(name)}");
}
