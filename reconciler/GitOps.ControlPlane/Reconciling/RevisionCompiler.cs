using System.Collections.Concurrent;
using GitOps.Manifests;
using GitOps.Reconciler.Compile;

namespace GitOps.ControlPlane.Reconciling;

/// <summary>Compiles revisions, one after the other; a file with a blob id seen in the revision before is not parsed again.</summary>
public sealed class RevisionCompiler
{
    private Dictionary<(string Path, string Blob), ParsedFile> _parsed = [];

    public CompileResult Compile(IReadOnlyList<SourceFile> files)
    {
        var before = _parsed;
        var now = new ConcurrentDictionary<(string Path, string Blob), ParsedFile>();
        var result = FleetCompiler.Compile(files, new CompileOptions { ParseFile = Parse });
        _parsed = new(now);
        return result;

        ParsedFile Parse(SourceFile file)
        {
            if (file.BlobId is not { } blob)
            {
                return ManifestParser.ParseFile(file);
            }

            var key = (file.Path, blob);
            return now[key] = before.TryGetValue(key, out var known) ? known : ManifestParser.ParseFile(file);
        }
    }
}
