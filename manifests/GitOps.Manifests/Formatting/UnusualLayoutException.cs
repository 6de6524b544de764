namespace GitOps.Manifests.Formatting;

/// <summary>Valid YAML that the formatter has no canonical form for; the file is left alone.</summary>
internal sealed class UnusualLayoutException : Exception;
