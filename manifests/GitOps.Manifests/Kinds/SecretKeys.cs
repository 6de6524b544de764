namespace GitOps.Manifests.Kinds;

/// <summary>What the values of a Secret are named by.</summary>
public static class SecretKeys
{
    /// <summary>A file name that is no path.</summary>
    public static bool IsValid(string text) =>
        text.Length is > 0 and <= 63 && text is not ("." or "..") &&
            text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
