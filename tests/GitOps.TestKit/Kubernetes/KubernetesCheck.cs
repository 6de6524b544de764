using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace GitOps.TestKit.Kubernetes;

/// <summary>
/// What an API server, its defaults and the kubelet would trip over in a set of objects that is applied together: names, versions
/// of kinds, selectors that match nothing, ports, volumes, accounts and configuration that are not there.
/// </summary>
public static partial class KubernetesCheck
{
    private static readonly Dictionary<string, string> Versions = new(StringComparer.Ordinal)
    {
        ["Namespace"] = "v1",
        ["ServiceAccount"] = "v1",
        ["ConfigMap"] = "v1",
        ["Secret"] = "v1",
        ["Service"] = "v1",
        ["StatefulSet"] = "apps/v1",
        ["Role"] = "rbac.authorization.k8s.io/v1",
        ["RoleBinding"] = "rbac.authorization.k8s.io/v1",
        ["NetworkPolicy"] = "networking.k8s.io/v1",
        ["Ingress"] = "networking.k8s.io/v1",
        ["CustomResourceDefinition"] = "apiextensions.k8s.io/v1",
        ["EdgeRegistration"] = "gitops.edge/v1",
    };

    /// <param name="elsewhere">Secrets that are made by hand: <c>Secret/NAME</c>.</param>
    /// <returns>Everything that is wrong.</returns>
    public static IReadOnlyList<string> Problems(IReadOnlyList<JsonObject> objects, params string[] elsewhere)
    {
        var set = new ObjectSet(objects, elsewhere);
        return
        [
            .. objects.SelectMany(Identity),
            .. objects.GroupBy(Id).Where(same => same.Count() > 1).Select(same => $"{same.Key} is there {same.Count()} times"),
            .. objects.Where(o => Text(o["metadata"]?["namespace"]) is { } space && !set.Has("Namespace", space)).Select(o => $"{Id(o)}: its namespace is not there"),
            .. set.Of("StatefulSet").SelectMany(set.OfStatefulSet),
            .. set.Of("Service").SelectMany(set.OfService),
            .. set.Of("NetworkPolicy").SelectMany(set.OfPolicy),
            .. set.Of("RoleBinding").SelectMany(set.OfBinding),
            .. set.Of("Ingress").SelectMany(set.OfIngress),
        ];
    }

    internal static string Id(JsonObject o) => $"{Text(o["kind"])}/{Text(o["metadata"]?["name"])}";

    internal static string? Text(JsonNode? node) => node?.ToString();

    private static IEnumerable<string> Identity(JsonObject o)
    {
        var (kind, name) = (Text(o["kind"]) ?? "", Text(o["metadata"]?["name"]) ?? "");
        if (!Versions.TryGetValue(kind, out var version) || version != Text(o["apiVersion"]))
        {
            yield return $"{Id(o)}: {Text(o["apiVersion"])} has no {kind}";
        }

        if (kind == "CustomResourceDefinition" ? !Subdomain().IsMatch(name) : !Label().IsMatch(name) || name.Length > 63)
        {
            yield return $"{Id(o)}: not a name";
        }

        foreach (var (key, value) in o["metadata"]?["labels"]?.AsObject() ?? [])
        {
            if (!LabelKey().IsMatch(key) || !LabelValue().IsMatch(Text(value) ?? ""))
            {
                yield return $"{Id(o)}: {key}={value} is not a label";
            }
        }
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex Label();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    private static partial Regex Subdomain();

    [GeneratedRegex("^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$")]
    private static partial Regex LabelKey();

    [GeneratedRegex("^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")]
    private static partial Regex LabelValue();
}
