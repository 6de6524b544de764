using System.Diagnostics;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Manifests.Containers;
using GitOps.Manifests.EdgeX;
using GitOps.Manifests.Rules;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Targeting;
using GitOps.Manifests.Yaml;
using GitOps.Reconciler.Rendering;
using Rules = GitOps.Manifests.Rules.Units;
using Written = GitOps.Manifests.Kinds;

namespace GitOps.Reconciler.Compile;

/// <summary>
/// Turns one resource into the unit that nodes with the same scope receive: renders its spec, binds it again, and translates
/// it to the words of docs/contracts.md §1.
/// </summary>
internal sealed class Lowering
{
    private readonly ResourceUnits _of;
    private readonly TemplateCache _templates;
    private readonly RenderScope _scope;
    private readonly RenderContext _context;
    private readonly Written.Resource _resource;
    private readonly string? _clock;
    private readonly FindingList _findings = new();
    private readonly ContentLowering _contents;
    private Func<string, IReadOnlyList<RenderedPart>> _decode = static text => [new RenderedPart.Text(text)];
    private IReadOnlyList<HoleUse> _holes = [];
    private GroupReading? _group;
    private YamlNode.Mapping _tree;

    private Lowering(ResourceUnits of, TemplateCache templates, RenderScope scope, string? clock, RenderContext context)
    {
        (_of, _templates, _scope, _clock, _context, _resource) = (of, templates, scope, clock, context, of.Resource);
        _contents = new ContentLowering(of.Lookup, templates, scope, context, _findings);
        _tree = _resource.Tree;
    }

    /// <param name="clock">As in <see cref="LoweredUnit"/>.</param>
    public static LoweredUnit Lower(ResourceUnits of, TemplateCache templates, RenderScope scope, string? clock, RenderContext context) =>
        new Lowering(of, templates, scope, clock, context).Lower();

    private LoweredUnit Lower() => _resource switch
    {
        Written.Resource<Written.ConfigFileSpec> file => Lower(file, Written.KindShapes.ConfigFile, File),
        Written.Resource<Written.VolumeSpec> volume => Lower(volume, Written.KindShapes.Volume, Volume),
        Written.Resource<Written.VolumeSyncSpec> sync => Lower(sync, Written.KindShapes.VolumeSync, Sync),
        Written.Resource<Written.TimeSyncSpec> clock => Lower(clock, Written.KindShapes.TimeSync, Clock),
        Written.Resource<Written.DeviceSpec> device => Lower(device, Written.KindShapes.Device, Device),
        Written.Resource<Written.WorkloadSpec> workload => Lower(workload, Written.KindShapes.Workload, Workload),
        Written.Resource<Written.EdgeXSpec> edgeX => Lower(edgeX, Written.KindShapes.EdgeX, EdgeX),
        Written.Resource<Written.SiteSpec> site => Lower(site, Written.KindShapes.Site, Uplink),
        Written.Resource<Written.FleetSpec> fleet => Lower(fleet, Written.KindShapes.Fleet, spec => Agent(spec.Agent!)),
        Written.Resource<Written.NodeGroupSpec> group => Lower(group, Written.KindShapes.NodeGroup, spec => Agent(spec.Agent!)),
        _ => throw new UnreachableException($"{_resource.Kind}"),
    };

    private LoweredUnit Lower<TSpec>(
        Written.Resource<TSpec> resource, KindShape<TSpec> shape, Func<TSpec, Unit?> lower)
        where TSpec : class
    {
        var spec = resource.HasTemplates ? Rendered(resource, shape) : resource.Spec;
        var unit = spec is null ? null : lower(spec);
        return new LoweredUnit(
            _of, _clock, ToBytes(unit),
            [.. StaticClaims.Of(resource, _tree), .. _group?.Claims ?? []], [.. _holes, .. _contents.Holes], [.. _contents.Blobs], _findings.ToSorted())
        {
            Volumes = _group?.Volumes ?? [],
        };
    }

    private ReadOnlyMemory<byte>? ToBytes(Unit? unit)
    {
        if (unit is null || _findings.Errors > 0)
        {
            return null;
        }

        return BundleJson.ToBytes(unit with { Requires = Requires(unit) });
    }

    // What it mounts, and what is written.
    private EquatableArray<UnitId> Requires(Unit unit) => Rules.RequiresOf(_resource)
        .Select(requirement => requirement.Name is { } name ? new UnitId(requirement.Kind, name)
            : _clock is { } clock ? new UnitId(UnitKinds.Clock, clock)
            : (UnitId?)null)
        .OfType<UnitId>().Concat(unit.Requires).Distinct().Order().ToEquatableArray();

    /// <summary>Null when a template failed or what it gave is not what the field takes.</summary>
    private TSpec? Rendered<TSpec>(Written.Resource<TSpec> resource, KindShape<TSpec> shape)
        where TSpec : class
    {
        var code = new ContentCode();
        var renderer = new TreeRenderer(_of.Lookup.Source, _templates, _scope, _context, code, _findings);
        _tree = renderer.Render(resource.Kind, resource.Tree);
        if (_findings.Errors > 0)
        {
            return null; // what failed would only be found again, as a value its field does not take
        }

        (_decode, _holes) = (code.Decode, renderer.Holes);
        var bound = shape.Bind(_tree, BindMode.Rendered);
        _findings.AddRange(bound.Findings);
        return bound.Spec;
    }

    private Unit File(Written.ConfigFileSpec file) => new(_resource.Name, new FileSpec
    {
        Path = file.Path,
        Content = _contents.Of(file.Content, _decode, _resource.SpanOf("source")),
        Mode = file.Mode,
        Owner = file.Owner,
        Group = file.Group,
        Adopt = file.Adopt,
        Restart = file.Restart.Select(name => new UnitId(UnitKinds.Workload, name)).Distinct().Order().ToEquatableArray(),
    })
    {
        Drift = file.Drift,
        Suspend = file.Suspend?.Reason,
    };

    private Unit Volume(Written.VolumeSpec volume) => new(_resource.Name, new VolumeSpec
    {
        Path = volume.Path,
        LimitBytes = volume.SizeBytes,
        Enforce = volume.Enforce,
        ReserveBytes = volume.ReserveBytes,
        OnFull = volume.OnFull,
        Retention = volume.Retention,
        DeletionPolicy = volume.DeletionPolicy,
        Mode = volume.Mode,
        Owner = volume.Owner,
        Group = volume.Group,
        Adopt = volume.Adopt,
    })
    {
        Drift = volume.Drift,
        Suspend = volume.Suspend?.Reason,
    };

    private Unit Sync(Written.VolumeSyncSpec sync) => new(_resource.Name, new SyncSpec
    {
        Volume = sync.Volume,
        Folder = sync.Folder,
        Mode = sync.Mode,
        Remote = RemoteLowering.Lower(sync.Remote, (key, kind, field) => Secret(key, "remote", kind, field)),
        EveryMs = (long)sync.Every.TotalMilliseconds,
        Windows = sync.Windows,
        TimeZone = sync.Windows.IsEmpty ? null : _scope.TimeZone,
        Bandwidth = sync.BandwidthBytes,
        TimeLimitMs = (long)sync.TimeLimit.TotalMilliseconds,
        AlarmAfterMs = (long?)sync.AlarmAfter?.TotalMilliseconds,
        OnConflict = sync.OnConflict,
        Deletes = sync.Deletes,
        Backup = sync.Backup is not { } backup ? null : new BackupSpec
        {
            Password = Secret(backup.Password, "backup", "password"),
            Keep = backup.Keep,
            VerifyEveryMs = (long)backup.VerifyEvery.TotalMilliseconds,
        },
    })
    {
        Suspend = sync.Suspend?.Reason,
        Requires = [new UnitId(UnitKinds.Volume, sync.Volume)],
    };

    private EquatableArray<ContentPart> Secret(Written.SecretReference secret, params string[] fields)
    {
        var span = _resource.SpanOf(fields);
        if (_contents.Secret(secret.Name, secret.Key, span) is { } parts)
        {
            return parts;
        }

        if (_scope.Secrets.ContainsKey(secret.Name))
        {
            _findings.Error(RenderCodes.UnknownSecret, span, $"the Secret '{secret.Name}' has no key '{secret.Key}'",
                $"add it to its 'keys', or write {secret.Name}/<key>");
        }

        return []; // a rule of the manifests has a finding for a Secret that is nowhere
    }

    private Unit Clock(Written.TimeSyncSpec clock) => new(_resource.Name, new ClockSpec
    {
        Ptp = clock.Ptp,
        Servers = clock.Servers,
        MaxErrorMs = (int)clock.MaxError.TotalMilliseconds,
        NtsAuthorities = clock.NtsAuthorities is { } pem ? pem.Trim() + "\n" : null,
        Serve = clock.Serve,
        Isolation = clock.Isolation,
        LeapSeconds = clock.LeapSeconds,
    });

    private Unit? Uplink(Written.SiteSpec site) => site.Uplink is not { } uplink ? null : new(_resource.Name, new UplinkSpec
    {
        Windows = uplink.DownloadWindows,
        TimeZone = uplink.DownloadWindows.IsEmpty ? null : site.TimeZone,
        Budget = uplink.DownloadBudget,
    });

    private Unit? Agent(Written.AgentRelease release)
    {
        var architecture = _clock == NodeLabels.NameOf(Written.NodeArchitecture.Arm64) ? Written.NodeArchitecture.Arm64 : Written.NodeArchitecture.Amd64;
        if (release.Executables.Of(architecture) is not { } written)
        {
            _findings.Error(RenderCodes.AgentExecutable, _resource.SpanOf("agent", "executables"),
                $"there is no executable for {_clock}, and there are nodes of that architecture", $"add '{_clock}: <path>'");
            return null;
        }

        var span = _resource.SpanOf("agent", "executables", NodeLabels.NameOf(architecture));
        if (!_of.Lookup.TryGetFile(written.Path, out var file))
        {
            return null; // a rule of the manifests has a finding for it
        }

        if (ElfHeader.WhyNotFor(architecture, file.Bytes.Span) is { } why)
        {
            _findings.Error(RenderCodes.AgentExecutable, span, $"{file.Path} is no executable for {_clock}: {why}",
                "add the gitops-agent of that release for that architecture, as a file and not as a pointer to one");
            return null;
        }

        return new Unit(AgentSpec.SelfName, new AgentSpec { Version = release.Version, Executable = [_contents.Of(file.Bytes.ToArray())] });
    }

    private Unit EdgeX(Written.EdgeXSpec edgeX) => new(_resource.Name, new EdgeXSpec
    {
        Url = edgeX.Metadata,
        Bus = edgeX.Bus?.Url,
        BusUser = edgeX.Bus?.User,
        BusPassword = edgeX.Bus?.Password is { } password ? Secret(password, "bus", "password") : [],
        Authority = edgeX.Authority,
        Headers = edgeX.Headers.IsEmpty ? edgeX.Headers : edgeX.Headers
            .Select(header => header with { Value = _contents.Of(_decode(((ContentPart.Text)header.Value[0]).Value)) }).ToEquatableArray(),
        Adopt = edgeX.Adopt,
        DeletionPolicy = edgeX.DeletionPolicy,
        Objects = [_contents.Of(System.Text.Encoding.UTF8.GetBytes(edgeX.Objects))],
        Writes = edgeX.Writes,
    })
    {
        Drift = edgeX.Drift,
        Suspend = edgeX.Suspend?.Reason,
    };

    private Unit? Device(Written.DeviceSpec device)
    {
        if (!_of.Lookup.TryGet<Written.DeviceModelSpec>(Written.ResourceKind.DeviceModel, device.Model, out var model))
        {
            return null; // a rule of the manifests has a finding for it
        }

        // Again after rendering: a value that the device cannot take never leaves Git.
        DeviceRules.Check(_resource, _tree, device, model.Spec, _findings);
        if (_findings.Errors > 0)
        {
            return null;
        }

        var spec = DeviceLowering.Lower(device, model.Spec, text => _contents.Of(_decode(text)), (key, field) => Secret(key, "connection", field));
        return device.Backend is not { } backend ? new Unit(_resource.Name, spec)
            : new Unit(_resource.Name, ThroughEdgeX.Of(spec, EdgeXNames.Of(_resource.Name, device.Foreign), model.Spec, backend, Headers(backend)))
            {
                // A value is never set through a profile that is about to be replaced.
                Requires = [new UnitId(UnitKinds.EdgeX, EdgeXNames.OfUnit(device.Node, backend))],
            };
    }

    private EquatableArray<HttpHeader> Headers(Written.EdgeXBackend backend) => backend.Token is not { } token ? []
        : [new HttpHeader("Authorization", [new ContentPart.Text("Bearer "), .. Secret(token, "backend", "edgex", "token")])];

    private Unit? Workload(Written.WorkloadSpec workload) =>
        workload.Process is { } process ? Process(workload, process) : Containers(workload);

    private Unit? Containers(Written.WorkloadSpec workload)
    {
        var surroundings = new GroupSurroundings(_of.Lookup, _templates, _scope, _context, _contents, _findings);
        _group = ContainerGroups.Read(_resource, workload, _tree, surroundings, _findings);
        return _group?.Group is { } group
            ? new Unit(_resource.Name, new WorkloadSpec { Containers = group })
            {
                Probes = workload.Probes,
                Drift = workload.Drift,
                Suspend = workload.Suspend?.Reason,
                Requires = _group.Volumes.Select(volume => new UnitId(UnitKinds.Volume, volume.Name)).Distinct().Order().ToEquatableArray(),
            }
            : null;
    }

    private Unit Process(Written.WorkloadSpec workload, Written.ProcessSpec process) =>
        new(_resource.Name, new WorkloadSpec
        {
            Process = new ProcessSpec
            {
                Command = process.Command,
                Files = process.Files.OrderBy(file => file.Name, StringComparer.Ordinal).Select(file =>
                    new UnitFile(file.Name, _contents.Of(file.Content, _decode, _resource.SpanOf("process", "files"))) { Mode = file.Mode })
                    .ToEquatableArray(),
                Env = process.Env.OrderBy(entry => entry.Name, StringComparer.Ordinal)
                    .Select(entry => new EnvironmentVariable(entry.Name, _contents.Of(_decode(entry.Value)))).ToEquatableArray(),
                WorkingDirectory = process.WorkingDirectory,
                User = process.User,
                Restart = process.Restart,
                Backoff = process.Backoff,
                StopSignal = process.StopSignal,
                StopGraceMs = (int)process.StopGrace.TotalMilliseconds,
                Log = process.Log,
                Resources = process.Resources,
                Ports = process.Ports.Order().ToEquatableArray(),
            },
        })
        {
            Probes = workload.Probes,
            Suspend = workload.Suspend?.Reason,
        };
}
