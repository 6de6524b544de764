using System.Text.Json.Nodes;

namespace GitOps.TestKit.Kubernetes;

/// <summary>Objects that refer to each other.</summary>
internal sealed class ObjectSet(IReadOnlyList<JsonObject> objects, IReadOnlyCollection<string> elsewhere)
{
    public IEnumerable<JsonObject> Of(string kind) => objects.Where(o => Text(o["kind"]) == kind);

    public bool Has(string kind, string? name) => elsewhere.Contains($"{kind}/{name}") || Of(kind).Any(o => Text(o["metadata"]!["name"]) == name);

    public IEnumerable<string> OfStatefulSet(JsonObject set)
    {
        var (id, spec) = (KubernetesCheck.Id(set), set["spec"]!);
        var (template, pod) = (spec["template"]!, spec["template"]!["spec"]!);
        if (!Matches(spec["selector"]!["matchLabels"], template["metadata"]!["labels"]))
        {
            yield return $"{id}: its selector does not match its own pods";
        }

        if (!Has("Service", Text(spec["serviceName"])))
        {
            yield return $"{id}: the Service {spec["serviceName"]} is not there";
        }

        if (!Has("ServiceAccount", Text(pod["serviceAccountName"])))
        {
            yield return $"{id}: the ServiceAccount {pod["serviceAccountName"]} is not there";
        }

        var volumes = List(pod["volumes"]).Select(volume => Text(volume["name"])!)
            .Concat(List(spec["volumeClaimTemplates"]).Select(claim => Text(claim["metadata"]!["name"])!)).ToHashSet();
        foreach (var volume in List(pod["volumes"]))
        {
            if (volume["configMap"] is { } map && !Has("ConfigMap", Text(map["name"])))
            {
                yield return $"{id}: the ConfigMap {map["name"]} is not there";
            }

            if (volume["secret"] is { } secret && secret["optional"]?.GetValue<bool>() != true && !Has("Secret", Text(secret["secretName"])))
            {
                yield return $"{id}: the Secret {secret["secretName"]} is not there";
            }
        }

        foreach (var problem in List(pod["containers"]).SelectMany(container => OfContainer(container, pod, volumes)))
        {
            yield return $"{id}: {problem}";
        }
    }

    public IEnumerable<string> OfService(JsonObject service)
    {
        var pods = Pods(service["spec"]!["selector"]).ToList();
        if (pods.Count == 0)
        {
            yield return $"{KubernetesCheck.Id(service)}: no pod matches its selector";
        }

        foreach (var port in List(service["spec"]!["ports"]).Where(port => !pods.Any(pod => HasPort(pod, port["targetPort"]))))
        {
            yield return $"{KubernetesCheck.Id(service)}: its pods have no port {port["targetPort"]}";
        }
    }

    public IEnumerable<string> OfPolicy(JsonObject policy)
    {
        var pods = Pods(policy["spec"]!["podSelector"]!["matchLabels"]).ToList();
        var ports = List(policy["spec"]!["ingress"]).SelectMany(rule => List(rule["ports"]));
        foreach (var port in ports.Where(port => !pods.Any(pod => HasPort(pod, port["port"]))))
        {
            yield return $"{KubernetesCheck.Id(policy)}: its pods have no port {port["port"]}";
        }
    }

    public IEnumerable<string> OfBinding(JsonObject binding)
    {
        if (!Has(Text(binding["roleRef"]!["kind"])!, Text(binding["roleRef"]!["name"])))
        {
            yield return $"{KubernetesCheck.Id(binding)}: the {binding["roleRef"]!["kind"]} {binding["roleRef"]!["name"]} is not there";
        }

        foreach (var subject in List(binding["subjects"]).Where(subject => !Has(Text(subject["kind"])!, Text(subject["name"]))))
        {
            yield return $"{KubernetesCheck.Id(binding)}: the {subject["kind"]} {subject["name"]} is not there";
        }
    }

    public IEnumerable<string> OfIngress(JsonObject ingress) =>
        from rule in List(ingress["spec"]!["rules"])
        from path in List(rule["http"]!["paths"])
        let service = path["backend"]!["service"]!
        where !Of("Service").Any(o => Text(o["metadata"]!["name"]) == Text(service["name"]) &&
            List(o["spec"]!["ports"]).Any(port => Text(port["name"]) == Text(service["port"]!["name"])))
        select $"{KubernetesCheck.Id(ingress)}: no Service {service["name"]} with the port {service["port"]!["name"]}";

    /// <summary>What the pod security level <c>restricted</c> asks for, what is mounted, and where probes go.</summary>
    private static IEnumerable<string> OfContainer(JsonNode container, JsonNode pod, HashSet<string> volumes)
    {
        var (name, security) = (Text(container["name"]), container["securityContext"]);
        if (security?["allowPrivilegeEscalation"]?.GetValue<bool>() != false || !List(security["capabilities"]?["drop"]).Any(drop => Text(drop) == "ALL") ||
            pod["securityContext"]?["runAsNonRoot"]?.GetValue<bool>() != true || Text(pod["securityContext"]?["seccompProfile"]?["type"]) != "RuntimeDefault")
        {
            yield return $"{name} is not restricted";
        }

        foreach (var mount in List(container["volumeMounts"]).Where(mount => !volumes.Contains(Text(mount["name"])!)))
        {
            yield return $"{name} mounts {mount["name"]}, which is no volume";
        }

        foreach (var probe in new[] { "startupProbe", "livenessProbe", "readinessProbe" }.Where(probe => container[probe] is not null))
        {
            if (!List(container["ports"]).Any(port => Text(port["name"]) == Text(container[probe]!["httpGet"]!["port"])))
            {
                yield return $"{name}: the {probe} goes to no port of it";
            }
        }
    }

    private IEnumerable<JsonNode> Pods(JsonNode? selector) => Of("StatefulSet").Select(set => set["spec"]!["template"]!)
        .Where(template => Matches(selector, template["metadata"]!["labels"]));

    private static bool HasPort(JsonNode template, JsonNode? port) => List(template["spec"]!["containers"]).SelectMany(c => List(c["ports"]))
        .Any(has => Text(has["name"]) == Text(port) || Text(has["containerPort"]) == Text(port));

    private static bool Matches(JsonNode? selector, JsonNode? labels) =>
        (selector?.AsObject() ?? []).All(wanted => Text(labels?[wanted.Key]) == Text(wanted.Value));

    private static IEnumerable<JsonNode> List(JsonNode? node) => node?.AsArray().Select(item => item!) ?? [];

    private static string? Text(JsonNode? node) => KubernetesCheck.Text(node);
}
