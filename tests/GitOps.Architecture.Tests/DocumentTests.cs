using System.Reflection;
using System.Xml.Linq;
using GitOps.Bundles;
using GitOps.TestKit;

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
        var page = ErrorPage.Render(codes);
        var path = Path.Combine(Repository.Root, "docs/errors.md");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, page);
        }

        Assert.Equal(page, File.Exists(path) ? File.ReadAllText(path) : "");
    }

    [Fact]
    public void Every_example_is_of_a_code_that_there_is() => Assert.Empty(FindingExample.Codes.Except(AllCodes().Select(code => code.Id)));

    /// <summary>A code that nothing says would be a promise that nothing keeps.</summary>
    [Fact]
    public void Every_code_is_said_somewhere()
    {
        var source = string.Concat(new[] { "manifests", "reconciler", "edge-agent", "platform", "infra" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal))
            .Select(File.ReadAllText));
        // Loggers write the code itself, because their messages are constants.
        var unsaid = CodeFields()
            .Where(field => !source.Contains($"{field.DeclaringType!.Name}.{field.Name}", StringComparison.Ordinal))
            .Where(field => !source.Contains($"new({field.Name},", StringComparison.Ordinal))
            .Select(field => ((ErrorCode)field.GetValue(null)!).Id)
            .Where(id => !source.Contains($"\"{id}: ", StringComparison.Ordinal));
        Assert.Equal([], unsaid);
    }

    private static List<ErrorCode> AllCodes() =>
        [.. CodeFields().Select(field => (ErrorCode)field.GetValue(null)!).OrderBy(code => code.Id, StringComparer.Ordinal)];

    private static IEnumerable<FieldInfo> CodeFields() =>
        new[] { "GitOps.Bundles", "GitOps.Manifests", "GitOps.Reconciler", "GitOps.Platform", "GitOps.ControlPlane", "GitOps.Agent", "gitops-agent", "gitops" }
            .SelectMany(name => Assembly.Load(name).GetTypes())
            .Where(type => type.Name.EndsWith("Codes", StringComparison.Ordinal))
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static))
            .Where(field => field.FieldType == typeof(ErrorCode));
}
