using GitOps.Bundles.Units;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>Puts EdgeX devices on the nodes of their DeviceImports, each with the profile of the same EdgeX.</summary>
internal sealed class EdgeXImport(
    IReadOnlyList<ForeignDocument> documents, List<Resource<DeviceImportSpec>> imports, bool isWhole, FindingList findings)
{
    private readonly Dictionary<(string Import, string Profile, DeviceProtocol Protocol, string Device), Translated?> _models = [];

    private readonly List<Translated> _backends = [];

    private readonly Dictionary<string, List<ForeignDocument>> _profiles = documents.Where(document => document.Kind == ForeignKind.EdgeXProfile)
        .GroupBy(document => document.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);

    public IEnumerable<TranslatedDevice> Translate()
    {
        var devices = new List<(ForeignDocument Device, Resource<DeviceImportSpec> Import)>();
        foreach (var document in documents)
        {
            if (document.Kind == ForeignKind.EdgeXDevice && Bound(document) is { } import)
            {
                devices.Add((document, import));
            }
            else if (document.Kind == ForeignKind.EdgeXWatcher)
            {
                CheckWatcher(document);
            }
        }

        foreach (var import in imports)
        {
            if (import.Spec.Backend is { } backend)
            {
                var own = devices.Where(device => ReferenceEquals(device.Import, import)).Select(device => device.Device).ToList();
                var used = own.Select(device => ProfileOf(device, import.Spec)).OfType<ForeignDocument>();
                _backends.Add(EdgeXBackends.Translate(import, backend, [.. own, .. WatchersOf(import), .. ProfilesOf(import).Union(used)], findings));
            }
        }

        foreach (var group in devices.GroupBy(device => device.Import))
        {
            var names = ForeignNames.OfResources(group.Select(device => device.Device.Name), group.Key.Spec.Prefix ?? "");
            foreach (var (device, import) in group)
            {
                if (Translate(device, import, names[device.Name]) is { } translated)
                {
                    yield return translated;
                }
            }
        }
    }

    /// <summary>What becomes of the imports whose devices an EdgeX speaks with; known once everything is translated.</summary>
    public IEnumerable<Translated> Backends => _backends;

    private IEnumerable<ForeignDocument> WatchersOf(Resource<DeviceImportSpec> import) => documents.Where(document =>
        document.Kind == ForeignKind.EdgeXWatcher && import.Spec.Covers(document.Span.File) && !import.Spec.Leaves("discovery") &&
        (import.Spec.Services.Count == 0 || import.Spec.Services.Contains(document.Root.Text("serviceName"))));

    // Narrowed to some devices, only their profiles are meant.
    private IEnumerable<ForeignDocument> ProfilesOf(Resource<DeviceImportSpec> import) =>
        import.Spec.Services.Count > 0 || import.Spec.Devices.Count > 0 ? []
            : documents.Where(document => document.Kind == ForeignKind.EdgeXProfile && import.Spec.Covers(document.Span.File));

    // Null for a device that no node serves: with a finding, or left to EdgeX on purpose.
    private Resource<DeviceImportSpec>? Bound(ForeignDocument device)
    {
        var (protocol, ours) = EdgeXDevices.ProtocolOf(device);
        if (ForeignFleet.ImportOf(device, imports, findings) is not { } import)
        {
            if (isWhole)
            {
                findings.Error(EdgeXCodes.NotImported, device.Span, $"no DeviceImport puts the device '{Excerpt.Of(device.Name)}' on a node",
                    "add a DeviceImport with 'node' and 'from', or list the file in .gitopsignore");
            }

            return null;
        }

        if (import.Spec.Backend is not null)
        {
            return import.Spec.Leaves(protocol) ? null : import;
        }

        if (ours is null && !import.Spec.Leaves(protocol))
        {
            findings.Error(EdgeXCodes.NotEnforcedYet, device.Span,
                $"'{Excerpt.Of(device.Name)}' speaks {Excerpt.Of(protocol)}, which the agent does not speak yet: it is not enforced",
                $"write leave: [{Excerpt.Of(protocol)}] in the DeviceImport '{import.Name}' to leave such devices to EdgeX");
        }

        var isLeft = ours is null || import.Spec.Leave.Any(left => string.Equals(left, protocol, StringComparison.OrdinalIgnoreCase));
        return isLeft ? null : import;
    }

    private void CheckWatcher(ForeignDocument watcher)
    {
        if (!imports.Exists(import => import.Spec.Covers(watcher.Span.File) && (import.Spec.Backend is not null || import.Spec.Leaves("discovery"))))
        {
            findings.Error(EdgeXCodes.NotEnforcedYet, watcher.Span,
                $"the provision watcher '{Excerpt.Of(watcher.Name)}' discovers devices, which the agent does not do yet: it is not enforced",
                "write leave: [discovery] in a DeviceImport that covers it, to leave it to EdgeX");
        }
    }

    private TranslatedDevice? Translate(ForeignDocument device, Resource<DeviceImportSpec> import, string name)
    {
        var profileName = device.Root.Text("profileName");
        if (ProfileOf(device, import.Spec) is not { } profile)
        {
            if (import.Spec.Backend is not null)
            {
                EdgeXBackends.NoteProfile(device, profileName, isWhole, findings);
            }
            else if (isWhole)
            {
                var near = Spelling.Nearest(profileName, _profiles.Keys);
                findings.Error(EdgeXCodes.ProfileMissing, device.Root.SpanOf("profileName"),
                    $"'{Excerpt.Of(device.Name)}' has the profile '{Excerpt.Of(profileName)}', which is not there",
                    near is null ? "add the profile to the repository" : $"did you mean '{near}'?");
            }

            return null;
        }

        var protocol = import.Spec.Backend is null ? EdgeXDevices.ProtocolOf(device).Ours!.Value : DeviceProtocol.EdgeX;
        var key = (import.Name, profile.Span.ToString(), protocol, protocol == DeviceProtocol.Mqtt ? device.Name : "");
        if (!_models.TryGetValue(key, out var model))
        {
            var modelName = ForeignNames.Resource(protocol == DeviceProtocol.Mqtt ? $"{import.Name}-{device.Name}" : $"{import.Name}-{profile.Name}");
            if (_models.Values.Any(other => other?.Name == modelName))
            {
                modelName = ForeignNames.Resource($"{modelName}-{EdgeXModels.NameOf(protocol)}");
            }

            _models[key] = model = EdgeXModels.Translate(profile, protocol, device.Name, modelName, findings);
        }

        if (model is null)
        {
            return null;
        }

        if (protocol == DeviceProtocol.Mqtt && import.Spec.Broker is null)
        {
            findings.Error(EdgeXCodes.Protocol, import.Span, $"'{Excerpt.Of(device.Name)}' speaks mqtt, and EdgeX keeps the broker in the configuration of the device service",
                $"add 'broker: mqtt://<host>:1883' to the DeviceImport '{import.Name}'");
        }

        var desired = import.Tree.TryGet("desired", out var all) && all is YamlNode.Mapping map && map.TryGet(device.Name, out var its) ? its : null;
        var (upstream, buffer) = ImportedValues.Of(import, device.Name, model);
        return new TranslatedDevice(model, EdgeXDevices.Translate(device, profile, model, name, import.Name, import.Spec, desired, upstream, buffer, findings));
    }

    // A profile exists once in one EdgeX, and once for each in a repository of many: the nearest of the import is meant.
    private ForeignDocument? ProfileOf(ForeignDocument device, DeviceImportSpec import)
    {
        if (!_profiles.TryGetValue(device.Root.Text("profileName"), out var found))
        {
            return null;
        }

        var own = found.Where(profile => import.Covers(profile.Span.File)).ToList();
        return (own.Count > 0 ? own : found).MaxBy(profile => Common(profile.Folder, device.Folder));
    }

    private static int Common(string left, string right) => left.AsSpan().CommonPrefixLength(right);
}
