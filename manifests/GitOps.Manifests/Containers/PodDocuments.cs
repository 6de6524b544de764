using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Containers;

/// <summary>The Kubernetes objects of one Workload: exactly one that runs, and ConfigMaps.</summary>
internal sealed class PodDocuments(FindingList findings)
{
    private const string SecretFix = "write it as kind: Secret of gitops.edge/v1, which says where it lies on the node; Git holds no secret";

    private static readonly Meta NoMeta = new(null, [], []);

    private static readonly Shape<EquatableArray<ContainerLabel>> Texts =
        new MapShape<string, ContainerLabel>("key", Scalars.NonEmpty, Scalars.Text, (key, value) => new(key, value));

    private static readonly Shape<Meta> Metadata = new ObjectShape<Meta>("metadata", f => new(
        f.Optional("name", Scalars.NonEmpty, "of the object; a ConfigMap is found by it"),
        f.Default("labels", Texts, [], "given to the containers"),
        f.Default("annotations", Texts, [], "notes; nothing here reads them")))
    {
        WithoutMeaning =
        [
            ("namespace", "there are no namespaces"), ("creationTimestamp", "a cluster wrote it"), ("uid", "a cluster wrote it"),
            ("resourceVersion", "a cluster wrote it"), ("generation", "a cluster wrote it"), ("managedFields", "a cluster wrote it"),
            ("selfLink", "a cluster wrote it"), ("generateName", "the Workload has a name"), ("ownerReferences", "a cluster wrote it"),
            ("finalizers", "there is no API server"),
        ],
    };

    private static readonly Shape<Template> TemplateShape = new ObjectShape<Template>("template", f => new(
        f.Default("metadata", Metadata, NoMeta, "labels of the Pod"),
        f.Required("spec", PodShapes.Spec, "the Pod")));

    private static readonly Shape<int> OneReplica = new ScalarShape<int>("`1`", "1 on a node", "place the Workload on as many nodes as there should be of it",
        (YamlNode.Scalar scalar, out int value) => int.TryParse(scalar.Text, out value) && value == 1)
    { Code = ManifestCodes.Unsupported };

    private static readonly Shape<Template> Deployment = new ObjectShape<Template>("Deployment", f =>
    {
        f.Default("replicas", OneReplica, 1, "one on each node of the placement");
        f.Optional("selector", ContainerScalars.Anything, "which Pods are its own; here the template's");
        return f.Required("template", TemplateShape, "the Pod");
    })
    {
        WithoutMeaning = [("strategy", "a group is replaced in place"), ("revisionHistoryLimit", "Git is the history"),
            ("minReadySeconds", "use a readinessProbe"), ("progressDeadlineSeconds", "the node's own deadline counts")],
        Refused = [("paused", "use suspend of the EdgeNode or Site")],
    };

    private static readonly Shape<Template> DaemonSet = new ObjectShape<Template>("DaemonSet", f =>
    {
        f.Optional("selector", ContainerScalars.Anything, "which Pods are its own; here the template's");
        return f.Required("template", TemplateShape, "the Pod");
    })
    {
        WithoutMeaning = [("updateStrategy", "a group is replaced in place"), ("revisionHistoryLimit", "Git is the history"),
            ("minReadySeconds", "use a readinessProbe")],
    };

    private static readonly Shape<ConfigMap> ConfigMapShape = new ObjectShape<ConfigMap>("ConfigMap", f =>
    {
        f.Required("apiVersion", ContainerScalars.Only("write v1", "v1"), "v1");
        f.Required("kind", ContainerScalars.Only("write ConfigMap", "ConfigMap"), "ConfigMap");
        return new(
            f.Required("metadata", Metadata, "its name")?.Name ?? "",
            ToDictionary(f.Default("data", Texts, [], "texts by key")),
            Decode(f.Default("binaryData", Texts, [], "base64 by key")));
    })
    {
        WithoutMeaning = [("immutable", "Git is the history")],
        Rules = [new("it has a name, and `binaryData` is base64", (map, node, findings) =>
        {
            if (map.Name.Length == 0)
            {
                findings.Error(ManifestCodes.MissingField, node.Span, "the ConfigMap has no name", "add 'metadata: {name: <name>}'");
            }

            if (node.TryGet("binaryData", out var binary) && binary is YamlNode.Mapping entries && map.Binary.Count < entries.Entries.Length)
            {
                findings.Error(ManifestCodes.InvalidValue, binary.Span, "'binaryData' holds what is not base64", "encode it, or use 'data' for text");
            }
        })],
    };

    private static readonly ObjectShape<Template> Pod = Object("Pod", "v1", new PodAsTemplate());

    private static readonly ObjectShape<Template> DeploymentObject = Object("Deployment", "apps/v1", Deployment);

    private static readonly ObjectShape<Template> DaemonSetObject = Object("DaemonSet", "apps/v1", DaemonSet);

    private readonly Dictionary<string, ConfigMap> _maps = new(StringComparer.Ordinal);
    private (PodTemplate? Template, SourceSpan Span)? _running;

    /// <summary>Everything that is read, each called as its kind.</summary>
    public static IReadOnlyList<Shape> Objects => [Pod, DeploymentObject, DaemonSetObject, ConfigMapShape];

    public IReadOnlyDictionary<string, ConfigMap> ConfigMaps => _maps;

    public void Add(YamlNode document)
    {
        if (Nodes.IsNull(document))
        {
            return;
        }

        if (ForeignTree.Clean(document, dropExtensions: false) is not YamlNode.Mapping mapping || !mapping.TryGet("kind", out var node) ||
            node is not YamlNode.Scalar kind)
        {
            findings.Error(ManifestCodes.WorkloadObjects, document.Span, "this document is no Kubernetes object",
                "begin it with apiVersion and kind: Pod, Deployment, DaemonSet or ConfigMap");
            return;
        }

        switch (kind.Text)
        {
            case "Pod":
                AddRunning(mapping, ForeignTree.Bind(Pod, mapping, "Pod", findings));
                break;
            case "Deployment":
                AddRunning(mapping, ForeignTree.Bind(DeploymentObject, mapping, "Deployment", findings));
                break;
            case "DaemonSet":
                AddRunning(mapping, ForeignTree.Bind(DaemonSetObject, mapping, "DaemonSet", findings));
                break;
            case "ConfigMap":
                AddMap(mapping);
                break;
            case "List" when mapping.TryGet("items", out var items) && items is YamlNode.Sequence list:
                foreach (var item in list.Items)
                {
                    Add(item);
                }

                break;
            default:
                findings.Error(ManifestCodes.Unsupported, kind.Span, $"a node cannot act on a Kubernetes {Excerpt.Of(kind.Text)}", FixFor(kind.Text));
                break;
        }
    }

    /// <summary>The one that runs, or null and a finding.</summary>
    public PodTemplate? Running(SourceSpan workload)
    {
        if (_running is null)
        {
            findings.Error(ManifestCodes.WorkloadObjects, workload, "there is no Pod, Deployment or DaemonSet in the files of this Workload", "add one");
        }

        return _running?.Template;
    }

    private void AddRunning(YamlNode.Mapping node, Template? template)
    {
        if (_running is { } first)
        {
            findings.Error(ManifestCodes.WorkloadObjects, node.Span, $"a second thing to run; the first is in {first.Span}",
                "write a Workload for each");
            return;
        }

        _running = (template is null ? null : new(template.Metadata.Labels, template.Spec, node), node.Span);
    }

    private void AddMap(YamlNode.Mapping node)
    {
        if (ForeignTree.Bind(ConfigMapShape, node, "ConfigMap", findings) is { } map && !_maps.TryAdd(map.Name, map))
        {
            findings.Error(ManifestCodes.WorkloadObjects, node.Span, $"the ConfigMap '{map.Name}' is there twice", "rename or remove one of them");
        }
    }

    private static string FixFor(string kind) => kind switch
    {
        "Service" => "give the container a hostPort; containers of one group reach each other on 127.0.0.1",
        "Ingress" or "Gateway" or "HTTPRoute" => "run a proxy as a Workload with a hostPort",
        "Secret" => SecretFix,
        "PersistentVolumeClaim" or "PersistentVolume" => "write a Volume of gitops.edge/v1 with the name of the claim",
        "StatefulSet" or "ReplicaSet" => "write a Deployment, and a Volume of gitops.edge/v1 for its data",
        "Job" or "CronJob" => "write a Pod with restartPolicy: OnFailure",
        "Namespace" or "ServiceAccount" or "Role" or "RoleBinding" => "take it out: there is no API server",
        _ => Spelling.Nearest(kind, ["Pod", "Deployment", "DaemonSet", "ConfigMap"]) is { } near ? $"did you mean {near}?"
            : "take it out; Pod, Deployment, DaemonSet and ConfigMap are read",
    };

    private static ObjectShape<Template> Object(string kind, string version, Shape<Template> spec) => new(kind, f =>
    {
        f.Required("apiVersion", ContainerScalars.Only($"write {version}", version), version);
        f.Required("kind", ContainerScalars.Only($"write {kind}", kind), kind);
        var metadata = f.Default("metadata", Metadata, NoMeta, "name and labels");
        var template = f.Required("spec", spec, "what it says");
        return template is null ? new(metadata, null!) : kind == "Pod" ? template with { Metadata = metadata } : template;
    })
    { WithoutMeaning = [("status", "a cluster wrote it")] };

    private static Dictionary<string, string> ToDictionary(EquatableArray<ContainerLabel> pairs) =>
        pairs.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);

    private static Dictionary<string, byte[]> Decode(EquatableArray<ContainerLabel> pairs)
    {
        var decoded = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (key, value) in pairs)
        {
            var bytes = new byte[value.Length];
            if (Convert.TryFromBase64String(value, bytes, out var length))
            {
                decoded[key] = bytes[..length];
            }
        }

        return decoded;
    }

    private sealed record Meta(string? Name, EquatableArray<ContainerLabel> Labels, EquatableArray<ContainerLabel> Annotations);

    private sealed record Template(Meta Metadata, PodSpec Spec);

    /// <summary>A Pod is its own template.</summary>
    private sealed class PodAsTemplate() : Shape<Template>("Pod")
    {
        public override IReadOnlyList<Shape> Parts { get; } = [PodShapes.Spec];

        public override ShapeForm Form => PodShapes.Spec.Form;

        internal override bool TryBindWritten(YamlNode node, BindContext context,
            [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out Template value)
        {
            value = PodShapes.Spec.TryBindWritten(node, context, out var spec) ? new(NoMeta, spec) : null;
            return value is not null;
        }
    }
}
