using System.Runtime.InteropServices;

namespace GitOps.Platform.Files;

/// <summary>Linux error numbers (asm-generic/errno.h), as far as somebody decides by them.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int AccessDenied = 13;
    public const int Exists = 17;
    public const int CrossDevice = 18;
    public const int NotDirectory = 20;
    public const int IsDirectory = 21;
    public const int NoSpace = 28;
    public const int ReadOnlySystem = 30;
    public const int NotImplemented = 38;
    public const int NotEmpty = 39;
    public const int TooManyLinks = 40;
    public const int QuotaUsedUp = 122;

    public static int Last => Marshal.GetLastPInvokeError();

    public static FileLayerException ToException(string operation, string path)
    {
        var number = Last;
        var fault = number switch
        {
            NoEntry => FileFault.NotFound,
            Exists => FileFault.Exists,
            NotEmpty => FileFault.NotEmpty,
            NotDirectory => FileFault.NotDirectory,
            IsDirectory => FileFault.IsDirectory,
            TooManyLinks => FileFault.Link,
            CrossDevice => FileFault.Outside,
            NotPermitted or AccessDenied => FileFault.Denied,
            NoSpace or ReadOnlySystem or QuotaUsedUp => FileFault.Full,
            _ => FileFault.Other,
        };
        return new FileLayerException(fault, operation, path, Marshal.GetPInvokeErrorMessage(number));
    }
}
