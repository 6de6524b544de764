namespace GitOps.Agent.Storage;

/// <summary>What the check of an image's file system said.</summary>
public enum ImageCheck
{
    /// <summary>It is whole, or what was wrong was put right without any loss.</summary>
    Good,

    /// <summary>There is something that only a person may put right.</summary>
    Damaged,

    /// <summary>The check did not come to an end: it is made again.</summary>
    Unknown,
}

/// <summary>Reads what <c>e2fsck -p</c> ends with.</summary>
public static class ImageChecks
{
    private const int NotCorrected = 4;
    private const int Cancelled = 32;

    /// <summary>Of here on it is no sum of e2fsck's own: what started it, or the loader of its libraries, ended with it.</summary>
    private const int Others = 64;

    /// <param name="exitCode">e2fsck(8), EXIT CODE: 1 and 2 corrected, 4 not corrected, 8 operational error, 16 usage, 32 cancelled, in sum.</param>
    public static ImageCheck Of(int exitCode) =>
        exitCode is 0 or 1 ? ImageCheck.Good
        : exitCode < Others && (exitCode & (NotCorrected | Cancelled)) == NotCorrected ? ImageCheck.Damaged
        : ImageCheck.Unknown;
}
