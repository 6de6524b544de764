using System.Globalization;
using System.Text;
using GitOps.Platform.Files;

namespace GitOps.Platform.Identity;

/// <summary>Writes identity folders, for <c>gitops node add</c> and <c>gitops-agent enroll</c> alike.</summary>
public static class IdentityFolder
{
    public const string Key = "node.key";
    public const string Certificate = "node.crt";
    public const string Authority = "ca.crt";
    public const string Root = "root.json";
    public const string Settings = "agent.json";
    public const string Policy = "policy.json";
    public const string SealKey = "seal.key";

    /// <summary>As a number: no pointer below this generation is followed.</summary>
    public const string Floor = "generation.floor";

    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Whether an identity is there: without settings no agent starts.</summary>
    public static bool IsIn(IFileLayer layer, string folder) => layer.Stat($"{folder}/{Settings}") is not null;

    /// <summary>
    /// Writes the folder whole or not at all: a power cut at any moment leaves what was there, or this. A policy that is there
    /// is a person's and stays; so does whatever else lies in the folder: files, symbolic links and folders.
    /// </summary>
    public static void Write(IFileLayer layer, string folder, IdentityFiles files)
    {
        var (parent, staged) = (FilePath.Parent(folder), Staged(folder));
        layer.EnsureDirectory(parent, FolderMode);
        layer.RemoveTree(staged); // what a crash left
        layer.CreateDirectory(staged, FolderMode);
        Add(Key, IdentityFiles.Text(files.KeyPem), AtomicFile.Private);
        Add(SealKey, IdentityFiles.Text(files.SealKey + "\n"), AtomicFile.Private);
        Add(Certificate, IdentityFiles.Text(files.CertificatePem), AtomicFile.Readable);
        Add(Authority, IdentityFiles.Text(files.AuthorityPem), AtomicFile.Readable);
        Add(Root, files.Root.Span, AtomicFile.Readable);
        Add(Settings, files.AgentJson(), AtomicFile.Readable);
        if (files.GenerationFloor > 0)
        {
            Add(Floor, FloorText(files.GenerationFloor), AtomicFile.Readable);
        }

        var isThere = layer.Stat(folder) is not null;
        if (isThere)
        {
            Keep(layer, folder, staged);
        }

        if (layer.Stat($"{staged}/{Policy}") is null)
        {
            Add(Policy, IdentityFiles.Text(IdentityFiles.RestrictivePolicy), AtomicFile.Readable);
        }

        layer.FlushDirectory(staged);
        layer.FlushDirectory(parent);
        Place(layer, staged, folder, isThere);
        layer.FlushDirectory(parent);
        layer.RemoveTree(staged);

        void Add(string name, ReadOnlySpan<byte> content, UnixFileMode mode) => AtomicFile.Write(layer, $"{staged}/{name}", content, mode);
    }

    /// <summary>What stands in <see cref="Floor"/>.</summary>
    public static byte[] FloorText(long generation) => IdentityFiles.Text(generation.ToString(CultureInfo.InvariantCulture) + "\n");

    /// <summary>0 where there is none that can be read.</summary>
    public static long ReadFloor(IFileLayer layer, string path) =>
        layer.Read(path, 64) is { } bytes && long.TryParse(Encoding.ASCII.GetString(bytes).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var floor)
            ? floor
            : 0;

    /// <summary>Where a folder is made before it has its name.</summary>
    public static string Staged(string folder) => $"{FilePath.Parent(folder)}/.{Path.GetFileName(folder)}.new";

    /// <summary>Files keep their inode, so nothing is copied; links are made anew as they are, folders with what is in them.</summary>
    private static void Keep(IFileLayer layer, string folder, string staged)
    {
        foreach (var name in layer.Enumerate(folder))
        {
            if (name is not (Floor or $"{Key}.next" or $"{Certificate}.next") && layer.Stat($"{staged}/{name}") is null)
            {
                KeepOne(layer, $"{folder}/{name}", $"{staged}/{name}");
            }
        }
    }

    private static void KeepOne(IFileLayer layer, string path, string staged)
    {
        switch (layer.Stat(path))
        {
            case { Kind: FileKind.File }:
                layer.Link(path, staged);
                break;
            case { Kind: FileKind.Link }:
                layer.LinkSymbolically(layer.ReadLink(path), staged);
                break;
            case { Kind: FileKind.Directory } there:
                layer.CreateDirectory(staged, FolderMode);
                foreach (var name in layer.Enumerate(path))
                {
                    KeepOne(layer, $"{path}/{name}", $"{staged}/{name}");
                }

                if (layer.Stat(staged)?.Owner != there.Owner)
                {
                    layer.SetOwner(staged, there.Owner);
                }

                layer.SetMode(staged, there.Mode);
                layer.FlushDirectory(staged);
                break;
        }
    }

    private static void Place(IFileLayer layer, string staged, string folder, bool isThere)
    {
        if (!isThere)
        {
            layer.Rename(staged, folder);
            return;
        }

        try
        {
            layer.Exchange(staged, folder);
        }
        catch (FileLayerException cannot) when (cannot.Fault == FileFault.Other)
        {
            // A directory cannot be renamed over a full one; a crash in between leaves the old one beside its name.
            var replaced = $"{FilePath.Parent(folder)}/.{Path.GetFileName(folder)}.old";
            layer.RemoveTree(replaced);
            layer.Rename(folder, replaced);
            layer.Rename(staged, folder);
            layer.FlushDirectory(FilePath.Parent(folder));
            layer.RemoveTree(replaced);
        }
    }
}
