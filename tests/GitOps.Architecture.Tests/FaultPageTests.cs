using System.Text.RegularExpressions;

namespace GitOps.Architecture.Tests;

/// <summary>docs/faults.md and docs/security.md promise what tests prove: both must be there.</summary>
public sealed partial class FaultPageTests
{
    private static readonly string Page = Repository.Read("docs/faults.md");

    [Theory]
    [InlineData("docs/faults.md")]
    [InlineData("docs/security.md")]
    public void Every_test_that_a_page_of_promises_names_is_there(string page)
    {
        var named = TestName().Matches(Repository.Read(page)).Select(m => (Class: m.Groups[1].Value, Method: m.Groups[2].Value)).Distinct().ToList();
        Assert.True(named.Count > 20, $"only {named.Count} tests are named");
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal))
            .ToLookup(path => Path.GetFileNameWithoutExtension(path), File.ReadAllText);
        var missing = named.Where(test => !sources[test.Class].Any(text =>
            text.Contains($" {test.Method}(", StringComparison.Ordinal) && text.Contains($"class {test.Class}", StringComparison.Ordinal)));
        Assert.Equal([], missing.Select(test => $"{test.Class}.{test.Method}"));
    }

    [Fact]
    public void Every_row_names_a_test_and_every_failpoint_is_listed()
    {
        var rows = Page.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| fault |", StringComparison.Ordinal));
        Assert.All(rows, row => Assert.Matches(TestName(), row));
        var points = Name().Matches(Repository.Read("edge-agent/GitOps.Agent.Host/Faults/Failpoint.cs")).Select(m => m.Groups[1].Value).ToList();
        Assert.NotEmpty(points);
        Assert.All(points, point => Assert.Contains($"`{point}`", Page, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"`(\w+Tests)\.(\w+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^    (\w+),$", RegexOptions.Multiline)]
    private static partial Regex Name();
}
