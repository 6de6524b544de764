using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Containers;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.Rules;

/// <summary>
/// Pods and Compose files without a template; the others are read when they have been rendered. Kept from revision to
/// revision, and read again where an answer that was given while reading is another one now.
/// </summary>
internal sealed class ContainerRules
{
    private Dictionary<Resource, Known> _known = new(ReferenceEqualityComparer.Instance);

    public void Report(FleetManifest manifest, FindingList findings)
    {
        var now = new Dictionary<Resource, Known>(ReferenceEqualityComparer.Instance);
        foreach (var workload in manifest.Workloads)
        {
            if (workload is { HasTemplates: false, Spec.Process: null } && !ContainerGroups.SourcesOf(workload.Spec).Any(source => source.IsTemplate))
            {
                var known = _known.TryGetValue(workload, out var before) && before.Answers.Hold(manifest) ? before : Read(workload, manifest);
                now.Add(workload, known);
                findings.AddRange(known.Findings);
            }
        }

        _known = now;
    }

    private static Known Read(Resource<Kinds.WorkloadSpec> workload, FleetManifest manifest)
    {
        var (answers, findings) = (new Surroundings(manifest), new FindingList());
        ContainerGroups.Read(workload, workload.Spec, workload.Tree, answers, findings);
        return new(answers, findings.ToSorted());
    }

    private sealed record Known(Surroundings Answers, ImmutableArray<Finding> Findings);

    /// <summary>Tells what is there and remembers it; contents do not matter to findings.</summary>
    private sealed class Surroundings(FleetManifest manifest) : IGroupSurroundings
    {
        private readonly Dictionary<string, SourceFile?> _files = new(StringComparer.Ordinal);
        private readonly Dictionary<string, bool> _volumes = new(StringComparer.Ordinal);
        private readonly Dictionary<(string Name, string Key), bool> _secrets = [];
        private FleetManifest? _manifest = manifest;

        /// <summary>The answers would be the same in this manifest.</summary>
        public bool Hold(FleetManifest now)
        {
            _manifest = null; // only what was answered is kept of it
            return _files.All(file => ReferenceEquals(FileOf(now, file.Key), file.Value)) &&
                _volumes.All(volume => HasVolume(now, volume.Key) == volume.Value) &&
                _secrets.All(secret => HasSecret(now, secret.Key.Name, secret.Key.Key) == secret.Value);
        }

        public SourceFile? File(string path) => _files[path] = FileOf(_manifest!, path);

        public bool HasVolume(string name) => _volumes[name] = HasVolume(_manifest!, name);

        public EquatableArray<ContentPart> Text(string text) => [];

        public EquatableArray<ContentPart> Bytes(ReadOnlyMemory<byte> bytes) => [];

        public EquatableArray<ContentPart>? Secret(string name, string key, SourceSpan span) =>
            (_secrets[(name, key)] = HasSecret(_manifest!, name, key)) ? [] : null;

        private static SourceFile? FileOf(FleetManifest manifest, string path) => manifest.Source.TryGet(path, out var file) ? file : null;

        // What could not be read may well be a Volume or Secret of that name.
        private static bool HasVolume(FleetManifest manifest, string name) =>
            !manifest.IsWhole || manifest.Volumes.Contains(name) || Declares(manifest, ResourceKind.Volume, name);

        private static bool HasSecret(FleetManifest manifest, string name, string key) =>
            !manifest.IsWhole || (manifest.Secrets.TryGet(name, out var secret)
                ? secret.Spec.KeysIn(manifest.Source).Contains(key)
                : Declares(manifest, ResourceKind.Secret, name));

        private static bool Declares(FleetManifest manifest, ResourceKind kind, string name) =>
            !manifest.IsComplete && manifest.Declared.Any(declared => declared.Kind == kind && declared.Name == name);
    }
}
