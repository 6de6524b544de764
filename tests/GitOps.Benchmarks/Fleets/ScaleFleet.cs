using System.Globalization;
using System.Text;
using GitOps.Manifests;

namespace GitOps.Benchmarks.Fleets;

/// <summary>
/// A large fleet of small documents: five units a node, three of them rendered from templates, one by node; a thousand nodes
/// in a folder, or all nodes in one table.
/// </summary>
internal static class ScaleFleet
{
    public const string Uid = "7d1f0c1e-52a4-4a0b-9c67-2a3a0a2b6c12";

    private const int NodesOfFolder = 1_000;
    private const int NodesOfSite = 100;
    private static readonly string[] Roles = ["press", "mixer", "packer", "oven"];

    /// <param name="areLong">Documents of 1,350 bytes, as people write them who explain what they do, and not of 400.</param>
    public static IEnumerable<SourceFile> Files(int nodes, bool asTable, bool areLong = false)
    {
        yield return File("fleet.yaml", FleetText);
        yield return File("apps.yaml", Apps);
        yield return Template(0);
        for (var site = 0; site * NodesOfSite < nodes; site++)
        {
            yield return File($"sites/{site / NodesOfFolder}/s{site}.yaml", $"apiVersion: gitops.edge/v1\nkind: Site\nmetadata: {{name: s{site}}}\nspec: {{timeZone: Europe/Berlin}}\n");
        }

        if (asTable)
        {
            yield return File("inventory.yaml", "apiVersion: gitops.edge/v1\nkind: NodeInventory\nmetadata: {name: all}\nspec: {source: nodes.csv}\n");
            yield return Table(nodes, changed: -1, number: 0);
            yield break;
        }

        for (var node = 0; node < nodes; node++)
        {
            yield return Node(node, node, areLong);
        }
    }

    /// <summary>The file of one node; another <paramref name="number"/> makes another bundle of it.</summary>
    public static SourceFile Node(int node, int number, bool isLong = false) => File(
        Text($"nodes/{node / NodesOfFolder:000}/n{node:000000}.yaml"),
        Text($$"""
        # Delivered with the line; the plate at the door says the same.
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata:
          name: n{{node:000000}}
          labels: {role: {{Roles[node % Roles.Length]}}, line: l{{node % 12}}, floor: f{{node % 5}}}
        spec:
          site: s{{node / NodesOfSite}}
          architecture: amd64
          values:
            number: {{number}}
            contact: line-{{node % 12}}@example.org
            rack: {row: {{node % 40}}, place: {{node % 20}}}
            remark: "ask the shift leader of line {{node % 12}} first"
        {{(isLong ? Notes : "")}}
        """));

    private static readonly string Notes = "    notes:\n" + string.Concat(Enumerable.Range(1, 11).Select(i =>
        $"      n{i}: {{who: service, what: checked and cleaned as the plan says, when: \"2026-{i:00}-01\"}} # signed\n"));

    /// <summary>All nodes in one table, one of them with another number.</summary>
    public static SourceFile Table(int nodes, int changed, int number)
    {
        var text = new StringBuilder("name,site,architecture,labels.role,labels.line,values.number,values.contact,values.remark\n");
        for (var node = 0; node < nodes; node++)
        {
            text.Append(Text($"n{node:000000},s{node / NodesOfSite},amd64,{Roles[node % Roles.Length]},l{node % 12},{(node == changed ? number : node)},line-{node % 12}@example.org,ask the shift leader of line {node % 12} first\n"));
        }

        return File("nodes.csv", text.ToString());
    }

    /// <summary>The template that every node uses, in another wording for each version.</summary>
    public static SourceFile Template(int version) => File("motd.sbn", Text($$$"""
        {{ values.greeting }}: this is {{ node.name }}, number {{ values.number }} of its line ({{{version}}}).
        Questions go to {{ values.contact }}.

        """));

    private const string FleetText = $$"""
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata: {name: scale}
        spec:
          uid: {{Uid}}
          rollout: {strategy: allAtOnce}
          removal: {limit: 10}
          values: {root: /srv/scale, greeting: Welcome, interval: 1}

        """;

    private const string Apps = """
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata: {name: motd}
        spec:
          placement: {all: true}
          path: /etc/motd
          source: motd.sbn
        ---
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata: {name: line}
        spec:
          placement: {all: true}
          path: /etc/line
          content: "{{ values.contact }} at {{ site.name }}\n"
        ---
        apiVersion: gitops.edge/v1
        kind: Workload
        metadata: {name: counter}
        spec:
          placement: {all: true}
          requires: [clock, volume/data]
          process:
            command: [/usr/bin/counter]
            env: {NUMBER: "{{ values.number }}", ROOT: "{{ values.root }}"}
        ---
        apiVersion: gitops.edge/v1
        kind: Volume
        metadata: {name: data}
        spec:
          placement: {all: true}
          path: /srv/scale/data
          size: 10Mi
        ---
        apiVersion: gitops.edge/v1
        kind: TimeSync
        metadata: {name: time}
        spec:
          placement: {all: true}
          servers: [pool.ntp.org]

        """;

    private static SourceFile File(string path, string content) => new(path, Encoding.UTF8.GetBytes(content));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
