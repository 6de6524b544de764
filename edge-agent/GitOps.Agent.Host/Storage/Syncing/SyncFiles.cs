using GitOps.Agent.Storage.Syncing;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Storage.Syncing;

/// <summary>What is kept of syncs on disk: two slots per sync for its memory, and what programs are told in files.</summary>
internal sealed class SyncFiles(IFileLayer files, string directory)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const string Temporary = "tmp";

    /// <summary>Marks what is started for syncs of this agent, so that it is found again after a kill.</summary>
    public string Mark => directory;

    /// <summary>Where what is written as input lies.</summary>
    public string Inputs => directory;

    public bool IsKnown(string sync) => files.Stat($"{directory}/{sync}.memory.0") is not null || files.Stat($"{directory}/{sync}.memory.1") is not null;

    /// <summary>Null when nothing is known, or nothing that can be read.</summary>
    public SyncMemory? Read(string sync) => Slot(sync).ReadAll().Select(value => SyncMemoryJson.TryRead(value.Content.Span)).FirstOrDefault(memory => memory is not null);

    /// <exception cref="FileLayerException">The disk failed; what was there before holds.</exception>
    public void Write(string sync, SyncMemory memory)
    {
        files.EnsureDirectory(directory, OwnerOnly);
        Slot(sync).Write(SyncMemoryJson.Write(memory));
    }

    /// <summary>Puts text where a program of the agent's own user reads it.</summary>
    /// <returns>The path.</returns>
    public string WriteInput(string sync, string kind, ReadOnlySpan<byte> content)
    {
        files.EnsureDirectory(directory, OwnerOnly);
        var path = $"{directory}/{sync}.{kind}";
        AtomicFile.Write(files, path, content);
        return path;
    }

    /// <summary>A file that <see cref="WriteInput"/> wrote; empty when there is none.</summary>
    public string ReadInput(string sync, string kind) => files.Read($"{directory}/{sync}.{kind}", 64 * 1024) is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : "";

    /// <summary>A directory for what a program keeps for itself, with another for temporary files in it.</summary>
    public string Cache(string sync)
    {
        var path = $"{directory}/{sync}.cache";
        files.EnsureDirectory($"{path}/{Temporary}", OwnerOnly);
        return path;
    }

    /// <summary>What is written as input of this kind and a slash lies in <see cref="Home"/>.</summary>
    public const string HomeKind = "home";

    /// <summary>A directory for what a program keeps for itself and cannot do without.</summary>
    public string Home(string sync)
    {
        var path = $"{directory}/{sync}.{HomeKind}";
        files.EnsureDirectory(path, OwnerOnly);
        return path;
    }

    /// <summary>Keeps that directory small: above the limit it begins anew, and what a run left that was cut off goes.</summary>
    public void TrimCache(string sync, long mostBytes)
    {
        var path = $"{directory}/{sync}.cache";
        files.RemoveTree(Size(path) > mostBytes ? path : $"{path}/{Temporary}");
    }

    private long Size(string path) => files.Stat(path) switch
    {
        { Kind: FileKind.Directory } => files.Enumerate(path).Sum(name => Size($"{path}/{name}")),
        { } stat => stat.SizeBytes,
        null => 0,
    };

    /// <summary>Forgets a sync; what a power cut leaves of it is forgotten again.</summary>
    public void Forget(string sync)
    {
        if (files.Stat(directory) is null)
        {
            return;
        }

        foreach (var name in files.Enumerate(directory).Where(n => n.StartsWith($"{sync}.", StringComparison.Ordinal)))
        {
            files.RemoveTree($"{directory}/{name}");
        }

        files.FlushDirectory(directory);
    }

    private SlotStore Slot(string sync) => new(files, directory, $"{sync}.memory", SyncMemoryJson.MaxBytes);
}
