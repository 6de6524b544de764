using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Containers;

/// <summary>
/// Lowers a Compose file to a group of containers. Services share one network, where each is known by its name: what one
/// calls <c>db:5432</c> is 127.0.0.1:5432.
/// </summary>
internal sealed class ComposeReader
{
    private readonly ComposeFile _file;
    private readonly FindingList _findings;
    private readonly GroupBuilder _group;
    private readonly SourceSpan _span;
    private readonly SortedDictionary<string, GroupVolume> _volumes = new(StringComparer.Ordinal);

    private ComposeReader(ComposeFile file, SourceSpan span, GroupBuilder group) =>
        (_file, _span, _group, _findings) = (file, span, group, group.Findings);

    public static ContainerGroupSpec? Read(YamlNode document, ComposeSource compose, GroupBuilder group)
    {
        var variables = compose.Variables.ToDictionary(entry => entry.Name, entry => entry.Value, StringComparer.Ordinal);
        var tree = new ComposeVariables(variables, group.Findings).Apply(Prepared(document));
        return ForeignTree.Bind(ComposeShapes.File, tree, "the Compose file", group.Findings) is { } file
            ? new ComposeReader(file, document.Span, group).Read()
            : null;
    }

    // An entry without a value is one with nothing said about it; a variable without a value is a mistake that is reported.
    private static YamlNode Prepared(YamlNode document)
    {
        if (document is not YamlNode.Mapping file)
        {
            return document;
        }

        var entries = file.Entries.Select(entry => entry.Key is "volumes" or "networks" && entry.Value is YamlNode.Mapping named
            ? entry with { Value = named with { Entries = [.. named.Entries.Select(Filled)] } }
            : entry);
        return ForeignTree.Clean(file with { Entries = [.. entries] }, dropExtensions: true);

        static YamlEntry Filled(YamlEntry entry) =>
            Nodes.IsNull(entry.Value) ? entry with { Value = YamlNode.Mapping.Empty with { Span = entry.KeySpan } } : entry;
    }

    private ContainerGroupSpec Read()
    {
        var names = _file.Services.Select(service => service.Name).ToEquatableArray();
        var isHost = _file.Services.Any(service => service.Service.HostNetwork);
        if (isHost && !_file.Services.All(service => service.Service.HostNetwork))
        {
            _findings.Error(ManifestCodes.GroupClash, _span, "some services use the network of the node and some do not, and all share one",
                "write network_mode: host for all of them, or split the file into two Workloads");
        }

        var containers = Ordered(_file.Services).Select(service => Lower(service.Name, service.Service)).ToEquatableArray();
        var aliases = _file.Services.SelectMany(service => service.Service.ExtraHosts).Append(new HostAlias("127.0.0.1", names));
        return new ContainerGroupSpec
        {
            Containers = containers,
            Volumes = _volumes.Values.ToEquatableArray(),
            HostAliases = aliases.GroupBy(alias => alias.Address, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => new HostAlias(group.Key, group.SelectMany(alias => alias.Names).Distinct().Order(StringComparer.Ordinal).ToEquatableArray()))
                .ToEquatableArray(),
            HostNetwork = isHost,
            HostPid = _file.Services.Any(service => service.Service.HostPid),
        };
    }

    /// <summary>Each after those it depends on, otherwise by name.</summary>
    private List<NamedService> Ordered(EquatableArray<NamedService> services)
    {
        var byName = services.ToDictionary(service => service.Name, StringComparer.Ordinal);
        var ordered = new List<NamedService>();
        var state = new Dictionary<string, bool>(StringComparer.Ordinal); // false while its dependencies are looked at
        foreach (var service in services)
        {
            if (!state.ContainsKey(service.Name))
            {
                Visit(service);
            }
        }

        return ordered;

        void Visit(NamedService service)
        {
            state[service.Name] = false;
            foreach (var dependency in service.Service.DependsOn)
            {
                if (!byName.TryGetValue(dependency.Service, out var other))
                {
                    _group.Unknown(dependency.Span, $"there is no service '{Excerpt.Of(dependency.Service)}'", dependency.Service, byName.Keys, "add it, or take it out");
                }
                else if (!state.TryGetValue(other.Name, out var isDone))
                {
                    Visit(other);
                }
                else if (!isDone)
                {
                    _findings.Error(ManifestCodes.GroupClash, dependency.Span, $"'{service.Name}' and '{other.Name}' wait for each other", "take one of the dependencies out");
                }
            }

            state[service.Name] = true;
            ordered.Add(service);
        }
    }

    private ContainerSpec Lower(string name, ComposeService service)
    {
        _group.CheckImage(name, service.Image);
        return new ContainerSpec(name)
        {
            Image = service.Image.Text,
            Entrypoint = service.Entrypoint,
            Command = service.Command,
            Env = service.Environment.Select(pair => new EnvironmentVariable(pair.Key, _group.Surroundings.Text(ValueOf(pair)))).ToEquatableArray(),
            WorkingDirectory = service.WorkingDirectory,
            User = service.User,
            Groups = service.Groups,
            Ports = Ports(name, service),
            Mounts = [.. Mounts(name, service)],
            Resources = service.Resources == new ResourceLimits() ? null : service.Resources,
            Security = service.Security == new ContainerSecurity() ? null : service.Security,
            Restart = service.Restart.Policy,
            StopSignal = service.StopSignal is { } signal ? (char.IsAsciiDigit(signal[0]) || signal.StartsWith("SIG", StringComparison.Ordinal) ? signal : "SIG" + signal) : null,
            StopGraceMs = (int)service.StopGrace.TotalMilliseconds,
            Log = service.Log,
            Readiness = Probe(service.Health),
            DependsOn = service.DependsOn.OrderBy(dependency => dependency.Service, StringComparer.Ordinal)
                .Select(dependency => new ContainerDependency(dependency.Service, dependency.Condition)).ToEquatableArray(),
            Labels = service.Labels.Select(pair => new ContainerLabel(pair.Key, pair.Value ?? "")).ToEquatableArray(),
        };
    }

    private string ValueOf(ComposePair pair)
    {
        if (pair.Value is null)
        {
            _findings.Error(ManifestCodes.Unsupported, pair.Span, $"'{Excerpt.Of(pair.Key)}' is to be taken from the environment of whoever starts it",
                "write its value; one that differs by node is a variable of the Workload: ${NAME}");
        }

        return pair.Value ?? "";
    }

    private EquatableArray<ContainerPort> Ports(string name, ComposeService service)
    {
        var ports = ImmutableArray.CreateBuilder<ContainerPort>();
        foreach (var (written, isPublished) in service.Ports.Select(port => (port, true)).Concat(service.Expose.Select(port => (port, false))))
        {
            foreach (var port in written.Ports)
            {
                if (isPublished && port.HostPort is null && !service.HostNetwork)
                {
                    _findings.Error(ManifestCodes.Unsupported, written.Span, $"port {port.Port} of '{name}' would get a port of the node by chance",
                        $"say which: \"{port.Port}:{port.Port}\"; other services of the file reach it without");
                }

                if (!isPublished && ports.Any(known => known.Port == port.Port && known.Protocol == port.Protocol))
                {
                    continue; // exposed and published: said twice
                }

                var lowered = service.HostNetwork ? port with { HostPort = port.Port } : port;
                _group.AddPort(name, lowered, written.Span);
                ports.Add(lowered);
            }
        }

        return new(ports.DrainToImmutable());
    }

    private IEnumerable<ContainerMount> Mounts(string name, ComposeService service)
    {
        foreach (var mount in service.Volumes)
        {
            if (Volume(name, mount) is { } volume)
            {
                yield return volume;
            }
        }

        foreach (var target in service.Tmpfs)
        {
            var key = Key(name, target);
            _volumes[key] = new GroupVolume(key) { Scratch = new ScratchVolume { InMemory = true } };
            yield return new ContainerMount(key, target);
        }

        foreach (var config in service.Configs)
        {
            if (ConfigOf(config) is { } content)
            {
                yield return OneFile(name, config.Target ?? "/" + config.Source.Text, content, config.Mode ?? "0444");
            }
        }

        foreach (var secret in service.Secrets)
        {
            if (SecretOf(secret) is { } content)
            {
                var target = secret.Target ?? secret.Source.Text;
                yield return OneFile(name, target.StartsWith('/') ? target : "/run/secrets/" + target, content, secret.Mode ?? "0444");
            }
        }
    }

    private ContainerMount? Volume(string service, ComposeMount mount)
    {
        var key = Key(service, mount.Target);
        switch (mount)
        {
            case { Type: ComposeMountType.Tmpfs }:
                _volumes[key] = new GroupVolume(key) { Scratch = new ScratchVolume { InMemory = true, LimitBytes = mount.SizeBytes } };
                break;
            case { Source: null }:
                _volumes[key] = new GroupVolume(key) { Scratch = new ScratchVolume() };
                break;
            case { Type: ComposeMountType.Volume, Source: { } name }:
                if (_file.Volumes.FirstOrDefault(volume => volume.Key == name) is not { } written)
                {
                    _group.Unknown(mount.Span, $"the file has no volume '{Excerpt.Of(name)}'", name, _file.Volumes.Select(volume => volume.Key),
                        "add it to 'volumes' at the top of the file");
                    return null;
                }

                key = written.Key;
                if (!_volumes.ContainsKey(key))
                {
                    _volumes[key] = _group.UseVolume(key, written.Name ?? written.Key, mount.Span);
                }

                break;
            case { Source: ['/', ..] path } when Paths.IsAbsolute(path):
                _volumes[key] = new GroupVolume(key) { Host = new HostVolume(path) };
                break;
            case { Source: ['.', ..] path }:
                return FileOfRepository(service, mount, path);
            default:
                _findings.Error(ManifestCodes.InvalidValue, mount.Span, $"'{Excerpt.Of(mount.Source ?? "")}' is no path of a node",
                    "write an absolute path without '..', or a file of the repository beginning with './'");
                return null;
        }

        return new ContainerMount(key, mount.Target) { ReadOnly = mount.ReadOnly, SubPath = mount.SubPath };
    }

    private ContainerMount? FileOfRepository(string service, ComposeMount mount, string path)
    {
        if (Paths.Resolve(mount.Span.File, path) is not { } resolved || _group.Surroundings.File(resolved) is not { } file)
        {
            _findings.Error(ManifestCodes.SourceMissing, mount.Span, $"there is no file '{Excerpt.Of(path)}' in the repository",
                "add it; of a folder, name each file, or use an absolute path of the node");
            return null;
        }

        if (!mount.ReadOnly)
        {
            _findings.Error(ManifestCodes.Unsupported, mount.Span, $"'{Excerpt.Of(path)}' is a file of the repository, and could be written",
                $"mount it read-only: \"{Excerpt.Of(path)}:{mount.Target}:ro\"; what a service writes belongs into a Volume");
        }

        return OneFile(service, mount.Target, _group.Surroundings.Bytes(file.Bytes), "0644");
    }

    private EquatableArray<ContentPart>? ConfigOf(ComposeGrant grant)
    {
        if (_file.Configs.FirstOrDefault(config => config.Key == grant.Source.Text) is not { } config)
        {
            _group.Unknown(grant.Source.Span, $"the file has no config '{Excerpt.Of(grant.Source.Text)}'", grant.Source.Text,
                _file.Configs.Select(known => known.Key), "add it to 'configs' at the top of the file");
            return null;
        }

        if (config.File is not { } path)
        {
            return _group.Surroundings.Text(config.Content ?? "");
        }

        if (Paths.Resolve(path.Span.File, path.Text) is { } resolved && _group.Surroundings.File(resolved) is { } file)
        {
            return _group.Surroundings.Bytes(file.Bytes);
        }

        _findings.Error(ManifestCodes.SourceMissing, path.Span, $"there is no file '{Excerpt.Of(path.Text)}' in the repository",
            "add it, or correct the path: it is relative to the Compose file");
        return null;
    }

    private EquatableArray<ContentPart>? SecretOf(ComposeGrant grant)
    {
        if (_file.Secrets.FirstOrDefault(secret => secret.Key == grant.Source.Text) is not { } secret)
        {
            _group.Unknown(grant.Source.Span, $"the file has no secret '{Excerpt.Of(grant.Source.Text)}'", grant.Source.Text,
                _file.Secrets.Select(known => known.Key), "add it to 'secrets' at the top of the file");
            return null;
        }

        var parts = (secret.Name ?? secret.Key).Split('/', 2);
        return _group.SecretOf(parts[0], parts.Length > 1 ? parts[1] : SecretSpec.SingleKey, grant.Source.Span);
    }

    private ContainerMount OneFile(string service, string target, EquatableArray<ContentPart> content, string mode)
    {
        var (key, name) = (Key(service, target), target[(target.LastIndexOf('/') + 1)..]);
        _volumes[key] = new GroupVolume(key) { Files = [new UnitFile(name, content) { Mode = mode }] };
        return new ContainerMount(key, target) { SubPath = name, ReadOnly = true };
    }

    private static ContainerProbe? Probe(ComposeHealth? health) => health is null or { IsDisabled: true } or { Test: ["NONE"] } ? null : new ContainerProbe
    {
        Exec = new ExecProbe(health.Test is ["CMD-SHELL", var line] ? ["/bin/sh", "-c", line] : [.. health.Test.Skip(1)]),
        InitialDelayMs = (int)health.StartPeriod.TotalMilliseconds,
        PeriodMs = OrDefault(health.Interval),
        TimeoutMs = OrDefault(health.Timeout),
        FailureThreshold = health.Retries,
    };

    // Nothing means the default, as engines read it.
    private static int OrDefault(TimeSpan written) => written == TimeSpan.Zero ? 30_000 : (int)written.TotalMilliseconds;

    private static string Key(string service, string target) => $"{service}:{target}";
}
