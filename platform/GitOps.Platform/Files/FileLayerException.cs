namespace GitOps.Platform.Files;

/// <summary>Why the file layer refused or failed.</summary>
public enum FileFault
{
    /// <summary>Something the message spells out.</summary>
    Other,

    /// <summary>No such file or directory.</summary>
    NotFound,

    /// <summary>Something of that name is there already.</summary>
    Exists,

    /// <summary>A directory that should be empty is not.</summary>
    NotEmpty,

    /// <summary>A part of the path that must be a directory is something else.</summary>
    NotDirectory,

    /// <summary>A directory where a file was expected.</summary>
    IsDirectory,

    /// <summary>A symbolic link stands in a path that must be free of them.</summary>
    Link,

    /// <summary>The path does not lie beneath the layer's root, or is not in its plain form.</summary>
    Outside,

    /// <summary>No permission.</summary>
    Denied,

    /// <summary>The disk is full or read-only, or a quota is used up.</summary>
    Full,

    /// <summary>The content is longer than the reader's limit.</summary>
    TooLarge,
}

/// <summary>An operation of the file layer that did not happen; says which, where and why.</summary>
public sealed class FileLayerException(FileFault fault, string operation, string path, string detail)
    : IOException($"{operation} {path}: {detail}")
{
    /// <summary>The reason, for callers that decide by it.</summary>
    public FileFault Fault { get; } = fault;

    /// <summary>The path the operation was about.</summary>
    public string Path { get; } = path;
}
