using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Foreign;

public enum ForeignKind
{
    EdgeXProfile,
    EdgeXDevice,
    EdgeXWatcher,
    KubeEdgeModel,
    KubeEdgeDevice,
}

/// <summary>
/// A document of another system, read and found to be one that this system takes. <paramref name="Tree"/> is in the shape of its
/// newest version, whatever version was written; its places are those of the file.
/// </summary>
public sealed record ForeignDocument(ForeignKind Kind, string Name, SourceSpan Span, YamlNode.Mapping Tree, ForeignSyntax Syntax)
{
    internal ForeignObject Root => new(Tree, Syntax);

    /// <summary>The folder of the file, with a slash at the end; empty at the root.</summary>
    public string Folder => Span.File[..(Span.File.LastIndexOf('/') + 1)];
}
