using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Foreign;

/// <summary>A resource of ours made of a foreign document: its name and its <c>spec</c>, as somebody would write them.</summary>
public sealed record Translated(Kinds.ResourceKind Kind, string Name, SourceSpan Span, YamlNode.Mapping Spec);

/// <summary>A device with the model it was given. The model may serve other devices as well.</summary>
public sealed record TranslatedDevice(Translated Model, Translated Device);
