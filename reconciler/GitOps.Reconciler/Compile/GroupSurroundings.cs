using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Manifests.Containers;
using GitOps.Reconciler.Rendering;

namespace GitOps.Reconciler.Compile;

/// <summary>What a Pod or Compose file finds around it on one node: files (rendered where they end in .sbn), Volumes, Secrets.</summary>
internal sealed class GroupSurroundings(
    Lookup lookup, TemplateCache templates, RenderScope scope, RenderContext context, ContentLowering contents, FindingList findings)
    : IGroupSurroundings
{
    public SourceFile? File(string path) =>
        !lookup.TryGetFile(path, out var file) ? null
        : path.EndsWith(".sbn", StringComparison.Ordinal) ? Rendered(file)
        : file;

    public bool HasVolume(string name) => lookup.TryGet<Manifests.Kinds.VolumeSpec>(Manifests.Kinds.ResourceKind.Volume, name, out _);

    public EquatableArray<ContentPart> Text(string text) => contents.Of([new RenderedPart.Text(text)]);

    public EquatableArray<ContentPart> Bytes(ReadOnlyMemory<byte> bytes) => bytes.IsEmpty ? [] : [contents.Of(bytes.ToArray())];

    public EquatableArray<ContentPart>? Secret(string name, string key, SourceSpan span) => contents.Secret(name, key, span);

    // The agent puts secrets into contents, not into the text of a Pod: there is no file that it would write.
    private SourceFile Rendered(SourceFile file)
    {
        var text = Encoding.UTF8.GetString(file.Bytes.Span).TrimStart('\uFEFF');
        switch (TemplateRun.Render(templates.Get(text), scope, context, allowSecrets: false))
        {
            case Rendering.Rendered.Plain plain:
                return file with { Bytes = Encoding.UTF8.GetBytes(plain.AsText), BlobId = null };
            case Rendering.Rendered.Text(var parts):
                return file with { Bytes = Encoding.UTF8.GetBytes(string.Concat(parts.OfType<RenderedPart.Text>().Select(part => part.Value))), BlobId = null };
            case Rendering.Rendered.Failed(var errors):
                foreach (var error in errors)
                {
                    findings.Error(error.Code, TemplatePlaces.InFile(file.Path, error.Span), error.What, error.Fix);
                }

                return file with { Bytes = ReadOnlyMemory<byte>.Empty, BlobId = null };
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
