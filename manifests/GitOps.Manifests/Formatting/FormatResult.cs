namespace GitOps.Manifests.Formatting;

/// <summary>What became of one file.</summary>
public abstract record FormatResult
{
    private FormatResult() { } // closed: every case is in this file

    /// <summary>The canonical text; what it says was compared with what the file says.</summary>
    public sealed record Formatted(string Text, bool IsChanged) : FormatResult;

    /// <summary>Not touched, and why.</summary>
    public sealed record LeftAlone(string Because) : FormatResult;

    /// <summary>The text made would not say the same: our bug, and nothing is to be written.</summary>
    public sealed record Broken(string What) : FormatResult;
}
