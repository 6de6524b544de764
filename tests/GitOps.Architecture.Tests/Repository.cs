using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace GitOps.Architecture.Tests;

/// <summary>The checkout these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    private static readonly string[] Outside = ["tests/", "infra/", "out/"];

    /// <summary>Every project of the product, by name: not of tests and infrastructure, and not of a release before that was built here.</summary>
    public static IReadOnlyDictionary<string, Project> Projects { get; } = Directory
        .EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
        .Where(path => !Outside.Any(folder => path.StartsWith(folder, StringComparison.Ordinal)))
        .Select(path => new Project(path, XDocument.Load(Path.Combine(Root, path))))
        .ToDictionary(p => p.Name, StringComparer.Ordinal);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var directory = Path.GetDirectoryName(here);
        while (directory is not null && !File.Exists(Path.Combine(directory, "GitOps.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException($"no GitOps.sln above {here}");
    }
}

internal sealed record Project(string Path, XDocument Xml)
{
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public bool IsCore => Xml.Descendants("IsCore").Any(e => e.Value == "true");

    public IEnumerable<string> References =>
        Xml.Descendants("ProjectReference").Select(e => System.IO.Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value));

    public IEnumerable<string> Packages => Xml.Descendants("PackageReference").Select(e => e.Attribute("Include")!.Value);
}
