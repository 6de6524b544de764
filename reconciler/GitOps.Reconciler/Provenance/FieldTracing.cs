using System.Text;
using GitOps.Bundles;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Rendering;

namespace GitOps.Reconciler.Provenance;

/// <summary>Renders single fields of a node's resources and remembers what they looked at.</summary>
internal sealed class FieldTracing(FleetManifest manifest, RenderScope scope, ValueLayers layers)
{
    private const string ValueKey = "$value";
    private readonly TemplateCache _templates = new();
    private readonly RenderContext _context = new();

    public FieldOrigin Trace(Resource resource, string path, YamlNode.Scalar scalar)
    {
        var written = new Origin(scalar.Span, Words.Of(resource), Words.Of(scalar));
        if (path.EndsWith(ValueKey, StringComparison.Ordinal))
        {
            var value = scalar.Text.StartsWith("values.", StringComparison.Ordinal) ? scalar.Text : $"values.{scalar.Text}";
            return new FieldOrigin(path[..^ValueKey.Length].TrimEnd('.'), written, null, layers.At(scope.Values, value).ToEquatableArray());
        }

        if (TemplateOf(resource, path, scalar) is not { } text)
        {
            return new FieldOrigin(path, written, null, []);
        }

        var reads = new SortedSet<string>(StringComparer.Ordinal);
        _context.Reads = reads;
        var rendered = TemplateRun.Render(_templates.Get(text), scope, _context, allowSecrets: true);
        _context.Reads = null;
        // A path is looked up member by member; only the whole of it says something.
        var whole = reads.Where(read => !reads.Any(other => other.StartsWith($"{read}.", StringComparison.Ordinal)));
        return new FieldOrigin(path, written, TextOf(rendered), whole.SelectMany(Values).ToEquatableArray());
    }

    /// <summary>Only values can be set in several places; <c>node</c>, <c>site</c> and <c>fleet</c> name themselves.</summary>
    private IEnumerable<ValueOrigin> Values(string read) =>
        read.StartsWith("values.", StringComparison.Ordinal) ? layers.At(scope.Values, read) : [];

    /// <summary>The scalar itself, or the file of the repository that it names, where that is a template.</summary>
    private string? TemplateOf(Resource resource, string path, YamlNode.Scalar scalar)
    {
        if (resource.HasTemplates && scalar.IsTemplate)
        {
            return scalar.Text;
        }

        return path.EndsWith("source", StringComparison.Ordinal) &&
            ResourceTemplates.FilesOf(resource).FirstOrDefault(file => file.Written == scalar.Text) is { } named &&
            manifest.Source.TryGet(named.Path, out var file)
                ? Encoding.UTF8.GetString(file.Bytes.Span).TrimStart('\uFEFF')
                : null;
    }

    private static string TextOf(Rendered rendered) => rendered switch
    {
        Rendered.Plain(var value) => value,
        Rendered.Text(var parts) => Words.Of(new YamlNode.Scalar(default, string.Concat(parts.Select(part => part switch
        {
            RenderedPart.Text(var text) => text,
            RenderedPart.Hole(var hole) => $"<secret {hole.Name}/{hole.Key}>",
            _ => "",
        })), IsPlain: false)),
        Rendered.Failed(var errors) => $"({errors[0].What})",
        _ => throw new System.Diagnostics.UnreachableException($"{rendered}"),
    };
}
