using System.Reflection;
using System.Text;
using System.Xml.Linq;
using GitOps.Bundles;

namespace GitOps.Architecture.Tests;

/// <summary>Lists that people read and that rot when kept by hand.</summary>
public sealed class DocumentTests
{
    [Fact]
    public void Every_package_has_its_line_in_the_list_of_dependencies()
    {
        var documented = Repository.Read("docs/dependencies.md");
        var packages = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props"))
            .Descendants("PackageVersion").Select(e => e.Attribute("Include")!.Value);
        Assert.DoesNotContain(packages, p => !documented.Contains($"| `{p}` |", StringComparison.Ordinal));
    }

    /// <summary>Rewritten by <c>UPDATE_GOLDEN=1</c>.</summary>
    [Fact]
    public void The_list_of_error_codes_is_generated_from_the_code()
    {
        var codes = AllCodes();
        Assert.Equal(codes.Count, codes.Select(c => c.Id).Distinct(StringComparer.Ordinal).Count());
        var page = Render(codes);
        var path = Path.Combine(Repository.Root, "docs/errors.md");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, page);
        }

        Assert.Equal(page, File.Exists(path) ? File.ReadAllText(path) : "");
    }

    private static List<ErrorCode> AllCodes() =>
    [
        .. new[] { "GitOps.Bundles", "GitOps.Manifests", "GitOps.Reconciler", "GitOps.Platform", "GitOps.ControlPlane", "GitOps.Agent", "gitops-agent", "gitops" }
            .SelectMany(name => Assembly.Load(name).GetTypes())
            .Where(type => type.Name.EndsWith("Codes", StringComparison.Ordinal))
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static))
            .Where(field => field.FieldType == typeof(ErrorCode))
            .Select(field => (ErrorCode)field.GetValue(null)!)
            .OrderBy(code => code.Id, StringComparer.Ordinal),
    ];

    private static string Render(List<ErrorCode> codes)
    {
        var page = new StringBuilder("""
            # Codes

            Every finding and every problem carries a code that never changes its meaning. `MAN`: what is written in manifests;
            `EDX` and `KED`: what is written in files of EdgeX and KubeEdge, read where they lie;
            `REN`: templates; `ROL`: rollouts; `PUB`: Git, publishing and the control plane; `AGT`: the agent on a node; `CLI`: the `gitops` program.
            This page is generated.

            | code | what | why, and what helps |
            |---|---|---|

            """);
        foreach (var code in codes)
        {
            page.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {code.Id} | {code.Summary} | {code.Explanation} |\n");
        }

        return page.ToString();
    }
}
