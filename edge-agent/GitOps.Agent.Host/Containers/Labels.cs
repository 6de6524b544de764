using System.Security.Cryptography;
using System.Text;
using GitOps.Agent.Containers;
using GitOps.Bundles;

namespace GitOps.Agent.Host.Containers;

/// <summary>How the agent knows its own containers and volumes again, after a restart of it or with another agent on one engine.</summary>
/// <param name="node">Fleet and node: two agents may share an engine, in tests at least.</param>
internal sealed class Labels(string node)
{
    private const string Node = "gitops.node";
    private const string Unit = "gitops.unit";
    private const string Key = "gitops.key";
    private const string Role = "gitops.role";
    private const string Container = "gitops.container";

    /// <summary>Names on the engine have dots where names of units have none: <c>gitops.shop.web</c>; the sandbox is <c>gitops.shop</c>.</summary>
    public static string NameOf(string unit, string container) => container.Length == 0 ? $"gitops.{unit}" : $"gitops.{unit}.{container}";

    /// <summary>A volume's name as part of a path or of a name on the engine: Compose files have some like <c>web:/etc/app</c>.</summary>
    public static string Plain(string volume) => volume.Length is > 0 and <= 63 && volume.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
        ? volume
        : $"v-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(volume)))[..32]}";

    /// <summary>What everything of a unit, or of this agent, bears.</summary>
    public IReadOnlyList<string> Filter(string? unit) => unit is null ? [$"{Node}={node}"] : [$"{Node}={node}", $"{Unit}={unit}"];

    public bool AreOf(IReadOnlyDictionary<string, string>? labels, string unit) =>
        labels?.GetValueOrDefault(Node) == node && labels.GetValueOrDefault(Unit) == unit;

    /// <param name="own">What the unit says; ours come last and win.</param>
    public Dictionary<string, string> For(string unit, string container, ContainerRole role, Digest key, IEnumerable<KeyValuePair<string, string>> own)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in own)
        {
            labels[name] = value;
        }

        (labels[Node], labels[Unit], labels[Container]) = (node, unit, container);
        (labels[Role], labels[Key]) = (RoleText(role), key.ToString());
        return labels;
    }

    public static (string Name, ContainerRole Role, Digest Key)? Read(IReadOnlyDictionary<string, string>? labels) =>
        labels is not null && Digest.TryParse(labels.GetValueOrDefault(Key), out var key) && labels.TryGetValue(Container, out var name) &&
        labels.GetValueOrDefault(Role) is { } role && Roles.TryGetValue(role, out var known) ? (name, known, key) : null;

    private static readonly Dictionary<string, ContainerRole> Roles =
        Enum.GetValues<ContainerRole>().ToDictionary(RoleText, StringComparer.Ordinal);

    private static string RoleText(ContainerRole role) => role switch
    {
        ContainerRole.Sandbox => "sandbox",
        ContainerRole.Init => "init",
        ContainerRole.Main => "main",
        _ => throw new System.Diagnostics.UnreachableException($"no such role: {role}"),
    };
}
