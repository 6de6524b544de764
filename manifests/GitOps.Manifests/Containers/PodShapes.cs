using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;

namespace GitOps.Manifests.Containers;

/// <summary>The spec of a Pod: every field of core/v1 is done, warned about or refused.</summary>
internal static class PodShapes
{
    private static readonly ContainerSecuritySettings NoSecurity = new(null, null, null, false, false, null, [], [], null);

    private static readonly PodSecurity NoPodSecurity = new(null, null, false, [], false);

    private static readonly Shape<EquatableArray<string>> Words = new ListShape<string>(Scalars.Text);

    private static readonly Shape<KeyReference> KeyRef = new ObjectShape<KeyReference>("key reference", f => new(
        f.Required("name", ContainerScalars.NonEmpty, "of the ConfigMap or Secret"),
        f.Required("key", ContainerScalars.NonEmpty, "one of its keys"),
        f.Default("optional", Scalars.Bool, false, "leave the variable out when it is not there")));

    private static readonly Shape<KeyReference> NameRef = new ObjectShape<KeyReference>("reference", f => new(
        f.Required("name", ContainerScalars.NonEmpty, "of the ConfigMap"),
        null,
        f.Default("optional", Scalars.Bool, false, "go on when it is not there")));

    private sealed record ValueFrom(KeyReference? ConfigMap, KeyReference? Secret);

    private static readonly Shape<ValueFrom> EnvSource = new ObjectShape<ValueFrom>("valueFrom", f => new(
        f.Optional("configMapKeyRef", KeyRef, "a key of a ConfigMap of the same files"),
        f.Optional("secretKeyRef", KeyRef, "a key of a Secret of this fleet (kind: Secret of gitops.edge/v1)")))
    {
        Refused =
        [
            ("fieldRef", "write the value; in a file that ends in .sbn, '{{ node.name }}' and the like give it"),
            ("resourceFieldRef", "write the value"), ("fileKeyRef", "use configMapKeyRef"),
        ],
        Rules = [new("exactly one of `configMapKeyRef`, `secretKeyRef`", (_, node, findings) =>
            SharedShapes.ExactlyOne(node, ["configMapKeyRef", "secretKeyRef"], findings)) { IsAboutKeys = true }],
    };

    private static readonly Shape<PodEnv> Env = new ObjectShape<PodEnv>("env", f => Variable(
        f.Required("name", Scalars.EnvironmentName, "of the variable"),
        f.Optional("value", ContainerScalars.Text, "its value; `$(OTHER)` is not expanded"),
        f.Optional("valueFrom", EnvSource, "where its value is")))
    {
        Rules = [new("`$(OTHER)` is not expanded", (env, node, findings) =>
        {
            if (env.Value is { } value && value.Text.Contains("$(", StringComparison.Ordinal))
            {
                findings.Error(ManifestCodes.Unsupported, value.Span, $"'{env.Name}' refers to another variable, which is not expanded here",
                    "write the value out");
            }
        })],
    };

    private static readonly Shape<PodEnvFrom> EnvFrom = new ObjectShape<PodEnvFrom>("envFrom", f => new(
        f.Default("prefix", Scalars.Text, "", "in front of every name"),
        f.Required("configMapRef", NameRef, "every key of a ConfigMap becomes a variable")))
    {
        Refused = [("secretRef", "name each key under env: valueFrom: {secretKeyRef: {name, key}}")],
    };

    private static readonly Shape<PodPort> Port = new ObjectShape<PodPort>("port", f => new(
        f.Optional("name", Scalars.NonEmpty, "what probes may call it"),
        f.Required("containerPort", ContainerScalars.Port, "what it listens on"),
        f.Default("protocol", ContainerScalars.Protocol, PortProtocol.Tcp, "SCTP is not offered"),
        f.OptionalValue("hostPort", Scalars.Port, "a port of the node that leads to it"),
        f.Optional("hostIP", Scalars.Host, "of which address; otherwise all")));

    private static readonly Shape<PodMount> Mount = new ObjectShape<PodMount>("volume mount", f => new(
        f.Required("name", ContainerScalars.NonEmpty, "of the volume"),
        f.Required("mountPath", ContainerScalars.ContainerPath, "where the container sees it"),
        f.Optional("subPath", ContainerScalars.SubPath, "a part of the volume"),
        f.Default("readOnly", Scalars.Bool, false, "whether it can be written")))
    {
        Refused = [("mountPropagation", "take it out: mounts are private"), ("subPathExpr", "use subPath"),
            ("recursiveReadOnly", "use readOnly")],
    };

    private sealed record Limits(int? Cpu, long? Memory);

    private static readonly Shape<Limits> LimitShape = new ObjectShape<Limits>("limits", f => new(
        f.OptionalValue("cpu", ContainerScalars.Cpu, "processors"),
        f.OptionalValue("memory", ContainerScalars.Memory, "above it the container is killed")))
    {
        Refused = [("ephemeral-storage", "give the data a Volume with a size"), ("hugepages-2Mi", "take it out"),
            ("nvidia.com/gpu", "take it out: devices are not assigned")],
    };

    private static readonly Shape<ResourceLimits> Resources = new ObjectShape<ResourceLimits>("resources", f => LimitsOf(
        f.Optional("limits", LimitShape, "upper bounds")))
    {
        WithoutMeaning = [("requests", "nothing is reserved on a node")],
        Refused = [("claims", "take it out: devices are not assigned")],
    };

    private static readonly Shape<string> HttpPath = Scalars.OfText("path", "a path", "begin it with '/'", text => text.StartsWith('/'));

    private static readonly Shape<string> Scheme = ContainerScalars.Only("use HTTP or HTTPS", "HTTP", "HTTPS");

    private static readonly Shape<PodHttpGet> HttpGet = new ObjectShape<PodHttpGet>("httpGet", f => new(
        f.Required("port", ContainerScalars.NonEmpty, "a number, or the name of a port"),
        f.Default("path", HttpPath, "/", "what is asked for"),
        f.Default("scheme", Scheme, "HTTP", "HTTPS is not verified, as in Kubernetes") == "HTTPS"))
    {
        Refused = [("host", "take it out: the group itself is asked"), ("httpHeaders", "use exec with a program that sends them")],
    };

    private sealed record ExecAction(EquatableArray<string> Command);

    private static readonly Shape<ExecAction> Exec = new ObjectShape<ExecAction>("exec", f => new(
        f.Required("command", new ListShape<string>(Scalars.Text, minimum: 1), "healthy when it exits with 0")));

    private sealed record TcpAction(Located Port);

    private static readonly Shape<TcpAction> TcpSocket = new ObjectShape<TcpAction>("tcpSocket", f => new(
        f.Required("port", ContainerScalars.NonEmpty, "a number, or the name of a port")))
    { Refused = [("host", "take it out: the group itself is asked")] };

    private static readonly Shape<PodProbe> Probe = new ObjectShape<PodProbe>("probe", f => new(
        f.Optional("exec", Exec, "a command in the container")?.Command ?? [],
        f.Optional("httpGet", HttpGet, "an HTTP GET; 200 to 399 is healthy"),
        f.Optional("tcpSocket", TcpSocket, "a TCP connection")?.Port,
        f.Default("initialDelaySeconds", ContainerScalars.Seconds, 0, "not asked before"),
        f.Default("periodSeconds", Scalars.Integer("seconds", 1, 86_400), 10, "how often"),
        f.Default("timeoutSeconds", Scalars.Integer("seconds", 1, 86_400), 1, "no answer after this is a failure"),
        f.Default("successThreshold", ContainerScalars.Count, 1, "so many successes in a row are healthy"),
        f.Default("failureThreshold", ContainerScalars.Count, 3, "so many failures in a row are unhealthy")))
    {
        Refused = [("grpc", "use exec with grpc_health_probe"), ("terminationGracePeriodSeconds", "set it for the Pod")],
        Rules = [new("exactly one of `exec`, `httpGet`, `tcpSocket`", (_, node, findings) =>
            SharedShapes.ExactlyOne(node, ["exec", "httpGet", "tcpSocket"], findings)) { IsAboutKeys = true }],
    };

    private sealed record Seccomp(bool Unconfined);

    private static readonly Shape<Seccomp> SeccompProfile = new ObjectShape<Seccomp>("seccompProfile", f => new(
        f.Required("type", ContainerScalars.Only("use RuntimeDefault or Unconfined", "RuntimeDefault", "Unconfined"),
            "which filter on system calls") == "Unconfined"))
    { Refused = [("localhostProfile", "use type: RuntimeDefault")] };

    private sealed record Capabilities(EquatableArray<string> Add, EquatableArray<string> Drop);

    private static readonly Shape<EquatableArray<string>> CapabilityList = new ListShape<string>(ContainerScalars.Capability, key: name => name, sorted: true);

    private static readonly Shape<Capabilities> CapabilitiesShape = new ObjectShape<Capabilities>("capabilities", f => new(
        f.Default("add", CapabilityList, [], "besides the engine's own"),
        f.Default("drop", CapabilityList, [], "taken away first")));

    private static readonly Shape<int> Id = Scalars.Integer("id", 0, int.MaxValue);

    private static readonly Shape<ContainerSecuritySettings> ContainerSecurityShape =
        new ObjectShape<ContainerSecuritySettings>("securityContext", f =>
        {
            var capabilities = f.Optional("capabilities", CapabilitiesShape, "Linux capabilities");
            return new(
                f.OptionalValue("runAsUser", Id, "user id"),
                f.OptionalValue("runAsGroup", Id, "group id"),
                f.OptionalValue("runAsNonRoot", Scalars.Bool, "not started as root"),
                f.Default("privileged", Scalars.Bool, false, "every right; the node's policy has to allow it"),
                f.Default("readOnlyRootFilesystem", Scalars.Bool, false, "only volumes can be written"),
                f.OptionalValue("allowPrivilegeEscalation", Scalars.Bool, "false sets no-new-privileges"),
                capabilities?.Add ?? [],
                capabilities?.Drop ?? [],
                f.Optional("seccompProfile", SeccompProfile, "the filter on system calls")?.Unconfined);
        })
        {
            Refused = [("seLinuxOptions", "set labels on the node"), ("appArmorProfile", "set it on the node"),
                ("procMount", "take it out"), ("windowsOptions", "take it out")],
        };

    private static readonly Shape<PodSecurity> PodSecurityShape = new ObjectShape<PodSecurity>("pod securityContext", f => new(
        f.OptionalValue("runAsUser", Id, "user id of every container"),
        f.OptionalValue("runAsGroup", Id, "group id of every container"),
        f.Default("runAsNonRoot", Scalars.Bool, false, "none is started as root"),
        f.Default("supplementalGroups", new ListShape<int>(Id), [], "more groups"),
        f.Optional("seccompProfile", SeccompProfile, "the filter on system calls")?.Unconfined ?? false))
    {
        Refused = [("fsGroup", "give the Volume an owner, a group and a mode"), ("fsGroupChangePolicy", "take it out"),
            ("sysctls", "set them on the node with a ConfigFile below /etc/sysctl.d"), ("seLinuxOptions", "set labels on the node"),
            ("appArmorProfile", "set it on the node"), ("supplementalGroupsPolicy", "take it out"), ("windowsOptions", "take it out"),
            ("seLinuxChangePolicy", "take it out")],
    };

    public static readonly Shape<PodContainer> Container = new ObjectShape<PodContainer>("container", f => new(
        f.Required("name", Scalars.Name, "unique in the Pod"),
        f.Required("image", ContainerScalars.Image, "with a digest: repository@sha256:…"),
        f.Default("command", Words, [], "instead of the entry point of the image"),
        f.Default("args", Words, [], "instead of the command of the image"),
        f.Default("env", new ListShape<PodEnv>(Env, key: env => env.Name), [], "environment variables"),
        f.Default("envFrom", new ListShape<PodEnvFrom>(EnvFrom), [], "variables from ConfigMaps; `env` wins"),
        f.Optional("workingDir", ContainerScalars.ContainerPath, "otherwise the image's"),
        f.Default("ports", new ListShape<PodPort>(Port), [], "what it listens on"),
        f.Default("volumeMounts", new ListShape<PodMount>(Mount, key: mount => mount.Path), [], "where it sees volumes"),
        f.Optional("resources", Resources, "bounds"),
        f.Optional("livenessProbe", Probe, "when it fails, the container is restarted"),
        f.Optional("readinessProbe", Probe, "while it fails, the Workload is not ready"),
        f.Optional("startupProbe", Probe, "until it holds, the others are not asked"),
        f.Default("securityContext", ContainerSecurityShape, NoSecurity, "what it may do")))
    {
        WithoutMeaning = [("imagePullPolicy", "an image is fetched when the node does not have its digest"),
            ("terminationMessagePath", "the log is reported"), ("terminationMessagePolicy", "the log is reported")],
        Refused = [("lifecycle", "let the program do it when it starts and on its stop signal"), ("stdin", "take it out"),
            ("stdinOnce", "take it out"), ("tty", "take it out"), ("volumeDevices", "mount a folder"), ("restartPolicy", "set it for the Pod"),
            ("restartPolicyRules", "set restartPolicy of the Pod"), ("resizePolicy", "take it out")],
    };

    private static readonly Shape<HostAlias> HostAlias = new ObjectShape<HostAlias>("host alias", f => new(
        f.Required("ip", Scalars.Host, "the address"),
        f.Required("hostnames", new ListShape<string>(Scalars.Host, minimum: 1), "names for it")));

    private static readonly Shape<RestartPolicy> Restart = Scalars.OneOf(
        ("Always", RestartPolicy.Always), ("OnFailure", RestartPolicy.OnFailure), ("Never", RestartPolicy.Never));

    public static readonly Shape<PodSpec> Spec = new ObjectShape<PodSpec>("Pod", f => new(
        f.Required("containers", new ListShape<PodContainer>(Container, key: container => container.Name, minimum: 1), "what runs"),
        f.Default("initContainers", new ListShape<PodContainer>(Container, key: container => container.Name), [], "each runs to its end before the next, and before what runs"),
        f.Default("volumes", PodVolumeShapes.Volumes, [], "what containers mount"),
        f.Default("restartPolicy", Restart, RestartPolicy.Always, "when a container is started again"),
        f.Default("terminationGracePeriodSeconds", ContainerScalars.Seconds, 30, "from the stop signal to SIGKILL"),
        f.Default("hostNetwork", Scalars.Bool, false, "the network of the node; the node's policy has to allow it"),
        f.Default("hostPID", Scalars.Bool, false, "the processes of the node; the node's policy has to allow it"),
        f.Optional("hostname", Scalars.Name, "otherwise the name of the Workload"),
        f.Default("hostAliases", new ListShape<HostAlias>(HostAlias), [], "names for addresses"),
        f.Default("securityContext", PodSecurityShape, NoPodSecurity, "what the containers may do")))
    {
        WithoutMeaning =
        [
            ("automountServiceAccountToken", "there are no service accounts"), ("enableServiceLinks", "there are no Services"),
            ("schedulerName", "placement decides"), ("priorityClassName", "there is no scheduler"), ("priority", "there is no scheduler"),
            ("preemptionPolicy", "there is no scheduler"), ("tolerations", "placement decides"), ("dnsPolicy", "containers resolve as the node does"),
        ],
        Refused =
        [
            ("affinity", "say it with the placement of the Workload"), ("nodeSelector", "say it with the placement of the Workload"),
            ("nodeName", "say it with the placement of the Workload"), ("topologySpreadConstraints", "say it with the placement of the Workload"),
            ("serviceAccountName", "take it out: there is no API server to speak to"), ("serviceAccount", "take it out: there is no API server to speak to"),
            ("imagePullSecrets", "log the node in at its registry"), ("runtimeClassName", "set the runtime on the node"),
            ("hostIPC", "share memory with an emptyDir of medium Memory"), ("shareProcessNamespace", "take it out"),
            ("hostUsers", "take it out"), ("dnsConfig", "set the resolver on the node"), ("subdomain", "use hostAliases"),
            ("setHostnameAsFQDN", "use hostname"), ("hostnameOverride", "use hostname"), ("readinessGates", "use requires of the Workload"),
            ("schedulingGates", "use requires of the Workload"), ("activeDeadlineSeconds", "let the program end by itself"),
            ("ephemeralContainers", "take it out"), ("overhead", "take it out"), ("os", "take it out"), ("resourceClaims", "take it out"),
            ("resources", "set them for each container"),
        ],
    };

    private static PodEnv Variable(string name, Located? value, ValueFrom? from) => new(name, value, from?.ConfigMap, from?.Secret);

    private static ResourceLimits LimitsOf(Limits? limits) => new() { CpuMillis = limits?.Cpu, MemoryBytes = limits?.Memory };
}
