using System.Globalization;
using System.Text;
using GitOps.Manifests;

namespace GitOps.Benchmarks.Fleets;

/// <summary>
/// A fleet as people would write it: one file per node, a site for each hundred, groups by label, six placed resources of
/// which four hold templates, and a device behind every tenth node. The same number gives the same bytes.
/// </summary>
internal static class GeneratedFleet
{
    public const string Uid = "7d1f0c1e-52a4-4a0b-9c67-2a3a0a2b6c11";

    private const int NodesOfSite = 100;
    private static readonly string[] Roles = ["press", "mixer", "packer", "oven"];

    public static string NodeName(int node) => Text($"node-{node:00000}");

    /// <summary>The file of one node; another <paramref name="number"/> makes another bundle of it.</summary>
    public static SourceFile Node(int node, int number) => File(
        $"nodes/{Site(node)}/{NodeName(node)}.yaml",
        $$"""
        # Rack {{node % 7}}, installed with the line.
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata:
          name: {{NodeName(node)}}
          labels: {role: {{Roles[node % Roles.Length]}}, line: l{{node % 12}}}
        spec:
          site: {{Site(node)}}
          values:
            number: {{number}}
            contact: line-{{node % 12}}@example.org

        """);

    public static IEnumerable<SourceFile> Files(int nodes)
    {
        yield return File("fleet.yaml", FleetTexts.Fleet(Uid));
        yield return File("groups.yaml", string.Join("---\n", Roles.Select((role, i) => FleetTexts.Group(role, i))));
        yield return File("apps/counter.yaml", FleetTexts.Counter);
        yield return File("apps/counter.sh", FleetTexts.CounterScript);
        yield return File("apps/files.yaml", FleetTexts.ConfigFiles);
        yield return File("apps/motd.txt.sbn", FleetTexts.Motd);
        yield return File("apps/limits.conf", string.Concat(Enumerable.Range(0, 400).Select(i => Text($"limit.{i} = {i * 17}\n"))));
        yield return File("storage.yaml", FleetTexts.Volume);
        yield return File("time.yaml", FleetTexts.TimeSync);
        yield return File("devices/boiler.yaml", FleetTexts.Boiler);
        for (var node = 0; node < nodes; node += NodesOfSite)
        {
            yield return File($"sites/{Site(node)}.yaml", FleetTexts.Site(Site(node)));
        }

        for (var node = 0; node < nodes; node++)
        {
            yield return Node(node, node);
            if (node % 10 == 0)
            {
                yield return File($"devices/{Site(node)}/boiler-{node:00000}.yaml", FleetTexts.Device(Text($"boiler-{node:00000}"), NodeName(node)));
            }
        }
    }

    private static string Site(int node) => Text($"site-{node / NodesOfSite:000}");

    private static SourceFile File(FormattableString path, FormattableString content) => File(Text(path), Text(content));

    private static SourceFile File(FormattableString path, string content) => File(Text(path), content);

    private static SourceFile File(string path, string content) => new(path, Encoding.UTF8.GetBytes(content));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
