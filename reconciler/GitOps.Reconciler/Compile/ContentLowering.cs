using System.Diagnostics;
using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Reconciler.Rendering;

namespace GitOps.Reconciler.Compile;

/// <summary>Contents as bundles carry them: text and blobs, with holes between; collects the blobs and the holes.</summary>
internal sealed class ContentLowering(
    Lookup lookup, TemplateCache templates, RenderScope scope, RenderContext context, FindingList findings)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly List<KeyValuePair<Digest, byte[]>> _blobs = [];
    private readonly List<HoleUse> _holes = [];

    public IReadOnlyList<KeyValuePair<Digest, byte[]>> Blobs => _blobs;

    /// <summary>Of template files; those of the manifest's own fields are known to its renderer.</summary>
    public IReadOnlyList<HoleUse> Holes => _holes;

    /// <summary>The key of a Secret, or null when the fleet has none.</summary>
    public EquatableArray<ContentPart>? Secret(string name, string key, SourceSpan place)
    {
        if (!scope.Secrets.TryGetValue(name, out var secret) || !secret.Keys.Contains(key))
        {
            return null;
        }

        _holes.Add(new HoleUse(name, () => place));
        return [new ContentPart.Secret(name, key, secret.Version, secret.FileOf(key))];
    }

    public EquatableArray<ContentPart> Of(ContentSource content, Func<string, IReadOnlyList<RenderedPart>> decode, SourceSpan place) =>
        content switch
        {
            ContentSource.Inline(var text) => Of(decode(text)),
            ContentSource.Source file => Of(file, place),
            _ => throw new UnreachableException(content.ToString()),
        };

    public EquatableArray<ContentPart> Of(IReadOnlyList<RenderedPart> parts) => parts
        .Where(part => part is not RenderedPart.Text(""))
        .Select(part => part switch
        {
            RenderedPart.Text(var text) => Of(Encoding.UTF8.GetBytes(text)),
            RenderedPart.Hole(var hole) => new ContentPart.Secret(hole.Name, hole.Key, hole.Version, hole.File),
            _ => throw new UnreachableException(part.ToString()),
        })
        .ToEquatableArray();

    private EquatableArray<ContentPart> Of(ContentSource.Source written, SourceSpan place)
    {
        if (!lookup.TryGetFile(written.Path, out var file))
        {
            return []; // a rule of the manifests has a finding for it
        }

        if (!written.IsTemplate)
        {
            return file.Bytes.IsEmpty ? [] : [Of(file.Bytes.ToArray())];
        }

        if (Decode(file) is not { } text)
        {
            findings.Error(RenderCodes.NotText, place, $"the template {file.Path} is not UTF-8",
                "save it as UTF-8, or take the ending .sbn away when it is no template");
            return [];
        }

        var rendered = TemplateRun.Render(templates.Get(text), scope, context, allowSecrets: true);
        switch (rendered)
        {
            case Rendered.Plain plain:
                return Of([new RenderedPart.Text(plain.AsText)]);
            case Rendered.Text(var parts):
                _holes.AddRange(parts.OfType<RenderedPart.Hole>().Select(part =>
                    new HoleUse(part.Secret.Name, () => TemplatePlaces.InFile(file.Path, part.Secret.Span))));
                return Of(parts);
            case Rendered.Failed(var errors):
                foreach (var error in errors)
                {
                    findings.Error(error.Code, TemplatePlaces.InFile(file.Path, error.Span), error.What, error.Fix);
                }

                return [];
            default:
                throw new UnreachableException();
        }
    }

    public ContentPart Of(byte[] bytes)
    {
        var (part, blob) = Content.Of(bytes);
        if (part is ContentPart.Blob(var digest, _) && blob is not null)
        {
            _blobs.Add(new(digest, blob));
        }

        return part;
    }

    private static string? Decode(SourceFile file)
    {
        try
        {
            return StrictUtf8.GetString(file.Bytes.Span).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
