using System.Text.Json;

namespace GitOps.Architecture.Tests;

/// <summary>Who may reference whom (docs/architecture.md). A new arrow is a decision, so it is made here first.</summary>
public sealed class LayeringTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["GitOps.Bundles"] = [],
        ["GitOps.Manifests"] = ["GitOps.Bundles"],
        ["GitOps.Reconciler"] = ["GitOps.Manifests", "GitOps.Bundles"],
        ["GitOps.Simulation"] = ["GitOps.Bundles"],
        ["GitOps.Platform"] = ["GitOps.Bundles"],
        ["GitOps.ControlPlane"] = ["GitOps.Reconciler", "GitOps.Manifests", "GitOps.Bundles", "GitOps.Platform"],
        ["GitOps.Cli"] = ["GitOps.ControlPlane", "GitOps.Simulation", "GitOps.Reconciler", "GitOps.Manifests", "GitOps.Bundles", "GitOps.Platform"],
        ["GitOps.Agent"] = ["GitOps.Bundles"],
        ["GitOps.Dmi"] = ["GitOps.Platform", "GitOps.Bundles"],
        ["GitOps.Agent.Host"] = ["GitOps.Agent", "GitOps.Bundles", "GitOps.Platform"],
    };

    private static readonly string[] Cores =
        ["GitOps.Agent", "GitOps.Bundles", "GitOps.Manifests", "GitOps.Reconciler", "GitOps.Simulation"];

    [Fact]
    public void References_point_one_way()
    {
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), Repository.Projects.Keys.Order(StringComparer.Ordinal));
        Assert.All(Repository.Projects.Values, project => Assert.Empty(project.References.Except(Allowed[project.Name])));
    }

    [Fact]
    public void Cores_are_marked_so_that_the_analyzer_watches_them() =>
        Assert.Equal(Cores, Repository.Projects.Values.Where(p => p.IsCore).Select(p => p.Name).Order(StringComparer.Ordinal));

    /// <summary>A core that brings a network or database client has stopped being one.</summary>
    [Fact]
    public void Cores_bring_only_the_packages_they_are_about() =>
        Assert.Equal(
            ["GitOps.Manifests: Tomlyn", "GitOps.Manifests: YamlDotNet", "GitOps.Reconciler: Scriban.Signed"],
            Repository.Projects.Values.Where(p => p.IsCore).SelectMany(p => p.Packages.Select(package => $"{p.Name}: {package}"))
                .Order(StringComparer.Ordinal));

    /// <summary>Nodes know bundles, not Git: a YAML parser or template engine on a node is an attack surface nobody asked for.</summary>
    [Fact]
    public void The_agent_brings_no_yaml_template_or_database_library()
    {
        var dependencies = Path.Combine(AppContext.BaseDirectory, "gitops-agent.deps.json");
        using var json = JsonDocument.Parse(File.ReadAllBytes(dependencies));
        var libraries = json.RootElement.GetProperty("libraries").EnumerateObject().Select(l => l.Name.Split('/')[0]).ToList();
        Assert.Contains("GitOps.Bundles", libraries);
        Assert.Empty(libraries.Intersect(["YamlDotNet", "Scriban", "Scriban.Signed", "Microsoft.Data.Sqlite", "Spectre.Console", "LibGit2Sharp",
            "GitOps.Manifests", "GitOps.Reconciler", "GitOps.ControlPlane"]));
    }

    /// <summary>fsync of a directory and the like exist once, where the replay of crash states looks.</summary>
    [Fact]
    public void Native_calls_live_in_the_platform_only() =>
        Assert.Empty(Repository.Projects.Values
            .Where(p => p.Name is not "GitOps.Platform")
            .SelectMany(p => Directory.EnumerateFiles(Path.Combine(Repository.Root, Path.GetDirectoryName(p.Path)!), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .Where(file => File.ReadAllText(file) is var text &&
                (text.Contains("LibraryImport", StringComparison.Ordinal) || text.Contains("DllImport", StringComparison.Ordinal)))
            .Select(file => Path.GetRelativePath(Repository.Root, file)));
}
