using System.Collections.Immutable;
using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Manifests.Containers;

/// <summary>Lowers a Pod to a group of containers.</summary>
internal sealed class PodReader
{
    private readonly GroupBuilder _group;
    private readonly IReadOnlyDictionary<string, ConfigMap> _maps;
    private readonly PodTemplate _pod;
    private readonly FindingList _findings;

    private PodReader(PodTemplate pod, IReadOnlyDictionary<string, ConfigMap> maps, GroupBuilder group) =>
        (_pod, _maps, _group, _findings) = (pod, maps, group, group.Findings);

    public static ContainerGroupSpec Read(PodTemplate pod, IReadOnlyDictionary<string, ConfigMap> maps, GroupBuilder group) =>
        new PodReader(pod, maps, group).Read();

    private ContainerGroupSpec Read()
    {
        var spec = _pod.Spec;
        var init = spec.InitContainers.Select(container => Lower(container, isInit: true)).ToEquatableArray();
        return new ContainerGroupSpec
        {
            Init = init,
            Containers = spec.Containers.Select(container => Lower(container, isInit: false)).ToEquatableArray(),
            Volumes = spec.Volumes.OrderBy(volume => volume.Name.Text, StringComparer.Ordinal).Select(Lower).ToEquatableArray(),
            Hostname = spec.Hostname,
            HostAliases = spec.HostAliases.OrderBy(alias => alias.Address, StringComparer.Ordinal).ToEquatableArray(),
            HostNetwork = spec.HostNetwork,
            HostPid = spec.HostPid,
        };
    }

    private ContainerSpec Lower(PodContainer container, bool isInit)
    {
        _group.CheckImage(container.Name, container.Image);
        return new ContainerSpec(container.Name)
        {
            Image = container.Image.Text,
            Entrypoint = container.Command,
            Command = container.Args,
            Env = Env(container),
            WorkingDirectory = container.WorkingDir,
            User = User(container),
            Groups = _pod.Spec.Security.Groups,
            Ports = isInit ? [] : container.Ports.Select(port => Lower(container, port)).ToEquatableArray(),
            Mounts = container.Mounts.Select(Lower).ToEquatableArray(),
            Resources = container.Resources is { CpuMillis: null, MemoryBytes: null } ? null : container.Resources,
            Security = Security(container.Security),
            Restart = _pod.Spec.Restart,
            StopGraceMs = _pod.Spec.GraceSeconds * 1000,
            Startup = Lower(container, container.Startup),
            Liveness = Lower(container, container.Liveness),
            Readiness = Lower(container, container.Readiness),
            Labels = _pod.Labels,
        };
    }

    private EquatableArray<EnvironmentVariable> Env(PodContainer container)
    {
        var env = new SortedDictionary<string, EquatableArray<ContentPart>>(StringComparer.Ordinal);
        foreach (var from in container.EnvFrom)
        {
            if (from.ConfigMap is { Name: { } name } reference && MapOf(name, reference.Optional) is { } map)
            {
                foreach (var (key, text) in map.Data)
                {
                    env[from.Prefix + key] = _group.Surroundings.Text(text);
                }
            }
        }

        foreach (var variable in container.Env)
        {
            if (Value(variable) is { } value)
            {
                env[variable.Name] = value;
            }
        }

        return env.Select(pair => new EnvironmentVariable(pair.Key, pair.Value)).ToEquatableArray();
    }

    private EquatableArray<ContentPart>? Value(PodEnv variable)
    {
        switch (variable)
        {
            case { Secret: { Name: { } name, Key: { } key } }:
                return _group.SecretOf(name.Text, key.Text, name.Span);
            case { ConfigMap: { Name: { } name, Key: { } key } reference }:
                if (MapOf(name, reference.Optional) is not { } map)
                {
                    return null;
                }

                if (map.Data.TryGetValue(key.Text, out var text))
                {
                    return _group.Surroundings.Text(text);
                }

                if (!reference.Optional)
                {
                    _group.Unknown(key.Span, $"the ConfigMap '{map.Name}' has no text '{Excerpt.Of(key.Text)}'", key.Text, map.Data.Keys, "add it there");
                }

                return null;
            default:
                return _group.Surroundings.Text(variable.Value?.Text ?? "");
        }
    }

    private ConfigMap? MapOf(Located name, bool optional)
    {
        if (!_maps.TryGetValue(name.Text, out var map) && !optional)
        {
            _group.Unknown(name.Span, $"there is no ConfigMap '{Excerpt.Of(name.Text)}' in the files of this Workload", name.Text, _maps.Keys,
                "add it to one of them, or name its file as well");
        }

        return map;
    }

    private string? User(PodContainer container)
    {
        var user = container.Security.User ?? _pod.Spec.Security.User;
        var group = container.Security.Group ?? _pod.Spec.Security.Group;
        return user is null && group is null ? null
            : group is null ? Text(user!.Value) : $"{Text(user ?? 0)}:{Text(group.Value)}";

        static string Text(int id) => id.ToString(CultureInfo.InvariantCulture);
    }

    private ContainerPort Lower(PodContainer container, PodPort written)
    {
        var port = Number(written.Port.Text);
        var lowered = new ContainerPort(port)
        {
            Protocol = written.Protocol,
            HostPort = _pod.Spec.HostNetwork ? port : written.HostPort,
            HostAddress = written.HostAddress,
        };
        _group.AddPort(container.Name, lowered, written.Port.Span);
        return lowered;
    }

    private ContainerMount Lower(PodMount mount)
    {
        if (!_pod.Spec.Volumes.Any(volume => volume.Name.Text == mount.Volume.Text))
        {
            _group.Unknown(mount.Volume.Span, $"the Pod has no volume '{Excerpt.Of(mount.Volume.Text)}'", mount.Volume.Text,
                _pod.Spec.Volumes.Select(volume => volume.Name.Text), "add it to 'volumes'");
        }

        return new ContainerMount(mount.Volume.Text, mount.Path) { SubPath = mount.SubPath, ReadOnly = mount.ReadOnly };
    }

    private ContainerSecurity? Security(ContainerSecuritySettings settings)
    {
        var security = new ContainerSecurity
        {
            Privileged = settings.Privileged,
            ReadOnlyRootFilesystem = settings.ReadOnlyRoot,
            NoNewPrivileges = settings.AllowEscalation == false,
            NonRoot = settings.NonRoot ?? _pod.Spec.Security.NonRoot,
            AddCapabilities = settings.Add,
            DropCapabilities = settings.Drop,
            SeccompUnconfined = settings.SeccompUnconfined ?? _pod.Spec.Security.SeccompUnconfined,
        };
        return security == new ContainerSecurity() ? null : security;
    }

    private ContainerProbe? Lower(PodContainer container, PodProbe? probe) => probe is null ? null : new ContainerProbe
    {
        Exec = probe.Exec.IsEmpty ? null : new ExecProbe(probe.Exec),
        Http = probe.Http is { } http ? new ContainerHttpProbe(PortOf(container, http.Port), http.Path) { Https = http.Https } : null,
        TcpPort = probe.TcpPort is { } port ? PortOf(container, port) : null,
        InitialDelayMs = probe.InitialDelay * 1000,
        PeriodMs = probe.Period * 1000,
        TimeoutMs = probe.Timeout * 1000,
        SuccessThreshold = probe.Success,
        FailureThreshold = probe.Failure,
    };

    private int PortOf(PodContainer container, Located written)
    {
        if (int.TryParse(written.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65_536)
        {
            return number;
        }

        if (container.Ports.FirstOrDefault(port => port.Name == written.Text) is { } named)
        {
            return Number(named.Port.Text);
        }

        _group.Unknown(written.Span, $"container '{container.Name}' has no port '{Excerpt.Of(written.Text)}'", written.Text,
            container.Ports.Select(port => port.Name).OfType<string>(), "write the number of the port");
        return 1;
    }

    private GroupVolume Lower(PodVolume volume)
    {
        var name = volume.Name.Text;
        return volume switch
        {
            { Claim: { } claim } => _group.UseVolume(name, claim.Text, claim.Span),
            { ConfigMap: { } map } => new GroupVolume(name) { Files = Files(map) },
            { Secret: { } secret } => new GroupVolume(name)
            {
                Files = secret.Items.OrderBy(item => item.Path, StringComparer.Ordinal)
                    .Select(item => new UnitFile(item.Path, _group.SecretOf(secret.Name.Text, item.Key.Text, item.Key.Span)) { Mode = item.Mode ?? secret.Mode })
                    .ToEquatableArray(),
            },
            _ => new GroupVolume(name) { Scratch = volume.Scratch, Host = volume.Host },
        };
    }

    private EquatableArray<UnitFile> Files(PodVolumeItems written)
    {
        if (MapOf(written.Name, optional: false) is not { } map)
        {
            return [];
        }

        var items = written.Items.IsEmpty
            ? map.Data.Keys.Concat(map.Binary.Keys).Select(key => new PodVolumeItem(new(key, written.Name.Span), key, null))
            : written.Items;
        var files = ImmutableArray.CreateBuilder<UnitFile>();
        foreach (var item in items.OrderBy(item => item.Path, StringComparer.Ordinal))
        {
            if (map.Data.TryGetValue(item.Key.Text, out var text))
            {
                files.Add(new(item.Path, _group.Surroundings.Text(text)) { Mode = item.Mode ?? written.Mode });
            }
            else if (map.Binary.TryGetValue(item.Key.Text, out var bytes))
            {
                files.Add(new(item.Path, _group.Surroundings.Bytes(bytes)) { Mode = item.Mode ?? written.Mode });
            }
            else
            {
                _group.Unknown(item.Key.Span, $"the ConfigMap '{map.Name}' has no key '{Excerpt.Of(item.Key.Text)}'", item.Key.Text,
                    map.Data.Keys.Concat(map.Binary.Keys), "add it there");
            }
        }

        return new(files.DrainToImmutable());
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
