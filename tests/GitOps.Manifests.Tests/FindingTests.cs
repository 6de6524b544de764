using System.Runtime.CompilerServices;
using GitOps.Manifests.Yaml;
using GitOps.TestKit;

namespace GitOps.Manifests.Tests;

/// <summary>One short input per finding in <c>findings/</c>, and what people are told about it in <c>goldens/findings/</c>.</summary>
public sealed class FindingTests
{
    public static TheoryData<string> Inputs { get; } =
        [.. Directory.EnumerateFiles(Folder(), "*.yaml").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Inputs))]
    public void People_are_told(string input)
    {
        var text = File.ReadAllText(Path.Combine(Folder(), input + ".yaml"));

        // Beside an input may lie what it names as a source: the same name with another ending.
        var files = Directory.EnumerateFiles(Folder(), input + ".*").Where(path => !path.EndsWith(".yaml", StringComparison.Ordinal))
            .Select(path => ("files/it" + Path.GetExtension(path), File.ReadAllText(path)));
        var findings = ManifestParser.Parse(Fleets.With(text, [("files/app.conf", "x"), .. files])).Findings;

        Assert.True(!input.StartsWith("MAN", StringComparison.Ordinal) || findings.Any(finding => finding.Code.Id == input[..6]), findings.ToText());
        Golden.Verify($"findings/{input}.txt", findings.ToText());
    }

    [Fact]
    public void People_are_told_about_a_repository_without_a_fleet() =>
        Golden.Verify("findings/MAN030-no-fleet.txt", ManifestParser.Parse(Fleets.Of(("n.yaml", Fleets.Node("n1")))).Findings.ToText());

    [Fact]
    public void People_are_told_about_files_that_are_too_large_too_deep_or_no_text()
    {
        FindingList findings = new();
        var small = new YamlLimits { MaxBytes = 100, MaxDepth = 5 };
        YamlReader.Read(new("large.yaml", new byte[101]), small, findings);
        YamlReader.Read(new("deep.yaml", "a: {b: {c: {d: {e: {f: 1}}}}}"u8.ToArray()), small, findings);
        YamlReader.Read(new("latin1.yaml", new byte[] { (byte)'a', 0xE4 }), small, findings);
        YamlReader.Read(new("bell.yaml", "a: b\nc: \a"u8.ToArray()), small, findings);
        YamlReader.Read(new("tab.yaml", "a:\n\tb: 1"u8.ToArray()), small, findings);

        Golden.Verify("findings/limits.txt", findings.ToSorted().ToText());
    }

    [Fact]
    public void Every_code_has_an_input_that_shows_it()
    {
        var goldens = string.Concat(Directory.EnumerateFiles(Path.Combine(Folder(), "..", "goldens", "findings")).Select(File.ReadAllText));

        Assert.All(ManifestCodes.All, code => Assert.Contains(code.Id + ":", goldens, StringComparison.Ordinal));
    }

    [Fact]
    public void Codes_are_unique_and_in_order() =>
        Assert.Equal(ManifestCodes.All.Select(code => code.Id).Order(StringComparer.Ordinal).Distinct(), ManifestCodes.All.Select(code => code.Id));

    private static string Folder([CallerFilePath] string testFile = "") => Path.Combine(Path.GetDirectoryName(testFile)!, "findings");
}
