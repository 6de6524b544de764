using System.Globalization;
using System.Text;
using GitOps.Bundles;
using GitOps.TestKit;

namespace GitOps.Architecture.Tests;

/// <summary>The text of <c>docs/errors.md</c>: every code, and for those of findings the example that a test holds true.</summary>
internal static class ErrorPage
{
    private static readonly (string Prefix, string Title, string About)[] Areas =
    [
        ("MAN", "MAN: what is written in manifests", "Found by `gitops validate`, `gitops diff` and the control plane."),
        ("EDX", "EDX: files of EdgeX", "Read where they lie, unchanged; [foreign.md](foreign.md) says how. `gitops convert` finds the same."),
        ("KED", "KED: devices of KubeEdge", "Read where they lie, unchanged; [foreign.md](foreign.md) says how. `gitops convert` finds the same."),
        ("REN", "REN: templates", "[templates.md](templates.md) describes the language."),
        ("PUB", "PUB: Git, publishing and the control plane",
            "Those with an example are findings about a commit: the control plane and `gitops diff` find them; `gitops validate` reads a folder, and does not. " +
            "The others have none, since no file shows them: they say what the control plane met in a network, on a disk, among keys and nodes, or between this revision and the one published before."),
        ("AGT", "AGT: the agent on a node",
            "They have no example, since no file in Git shows them: they say what a node met when it checked a signature, ran a process, spoke to a device or wrote its disk."),
        ("INF", "INF: where nodes and the control plane are installed",
            "Said by `pulumi up` below `infra/` and by the control plane on a cluster. They have no example, since they are about a stack and its cluster."),
        ("CLI", "CLI: the `gitops` program", "They have no example, since they are about how a command was called on a machine."),
    ];

    public static string Render(IReadOnlyList<ErrorCode> codes)
    {
        var page = new StringBuilder("""
            # Codes

            Every finding and every problem carries a code that never changes its meaning. A *finding* is about what somebody wrote: it
            has an example here, the smallest repository in which it is found, with what is said about it. Beside the files of each
            example lies this `fleet.yaml`:

            """);
        Fence(page, "fleet.yaml", File.ReadAllText(Path.Combine(FindingExample.Folder, "fleet.yaml")));
        page.Append("\nThis page is generated, and tests run its examples ([findings](findings)).\n");
        foreach (var (prefix, title, about) in Areas)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n{about}\n\n| code | what | why, and what helps |\n|---|---|---|\n");
            var ofArea = codes.Where(code => code.Id.StartsWith(prefix, StringComparison.Ordinal)).ToList();
            foreach (var code in ofArea)
            {
                var id = HasExample(code) ? $"[{code.Id}](#{code.Id.ToLowerInvariant()})" : code.Id;
                page.Append(CultureInfo.InvariantCulture, $"| {id} | {code.Summary} | {code.Explanation} |\n");
            }

            foreach (var code in ofArea.Where(HasExample))
            {
                Section(page, code);
            }
        }

        return page.ToString();
    }

    private static bool HasExample(ErrorCode code) => FindingExample.Codes.Contains(code.Id);

    private static void Section(StringBuilder page, ErrorCode code)
    {
        var example = FindingExample.Of(code.Id);
        page.Append(CultureInfo.InvariantCulture, $"\n### {code.Id}\n\n*{code.Summary}*\n\n");
        foreach (var part in example.Written)
        {
            var times = part.Times == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", these lines {part.Times} times");
            page.Append(CultureInfo.InvariantCulture, $"`{Visible(part.Path)}`{Kind(part.Path)}{times}{(part.Bytes.Length == 0 ? "" : ":")}\n");
            if (part.Bytes.Length > 0)
            {
                Fence(page, part.Path, Visible(Encoding.UTF8.GetString(part.Bytes)));
            }

            page.Append('\n');
        }

        Fence(page, "findings", example.Said);
    }

    private static string Kind(string path) =>
        path.Contains(" -> ", StringComparison.Ordinal) ? ", a symbolic link" : path.Contains(" @ ", StringComparison.Ordinal) ? ", a submodule" : "";

    private static void Fence(StringBuilder page, string path, string text)
    {
        var language = Path.GetExtension(path) switch { ".yaml" or ".yml" => "yaml", ".json" => "json", ".csv" => "csv", _ => "text" };
        page.Append(CultureInfo.InvariantCulture, $"```{language}\n{text}```\n");
    }

    // A control character as the picture that Unicode has of it.
    private static string Visible(string text) => string.Concat(text.Select(c => c < ' ' && c != '\n' ? (char)(0x2400 + c) : c));
}
