namespace GitOps.Platform.Logging;

/// <summary>How a line looks.</summary>
public enum LogFormat
{
    /// <summary><c>key=value</c> pairs, for people and grep.</summary>
    Logfmt,

    /// <summary>One JSON object a line, for collectors.</summary>
    Json,
}
