using GitOps.Manifests;
using GitOps.Manifests.EdgeX;
using GitOps.Manifests.KubeEdge;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Rendering;
using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Findings;

/// <summary>The examples of <c>docs/errors.md</c> are what the compiler says, each about nothing but its own code.</summary>
public sealed class FindingExampleTests
{
    /// <summary>Every code of a finding that compiling files can give.</summary>
    private static readonly string[] OfTheCompiler =
        [.. ManifestCodes.All.Concat(EdgeXCodes.All).Concat(KubeEdgeCodes.All).Concat(RenderCodes.All).Select(code => code.Id)];

    public static TheoryData<string> Examples { get; } = [.. FindingExample.Codes.Intersect(OfTheCompiler)];

    [Fact]
    public void Every_code_of_the_compiler_has_an_example() => Assert.Empty(OfTheCompiler.Except(FindingExample.Codes));

    [Theory]
    [MemberData(nameof(Examples))]
    public void The_example_shows_its_code_and_no_other(string code)
    {
        var example = FindingExample.Of(code);
        var beside = new SourceFile("fleet.yaml", File.ReadAllBytes(Path.Combine(FindingExample.Folder, "fleet.yaml")));
        // A finding in the Fleet itself brings its own.
        IEnumerable<SourceFile> fleet = example.Files.Any(file => file.Path == beside.Path) ? [] : [beside];
        var findings = FleetCompiler.Compile([.. fleet, .. example.Files.Select(file => new SourceFile(file.Path, file.Bytes))]) switch
        {
            CompileResult.Compiled(_, var warnings) => warnings,
            CompileResult.Rejected(var all) => all,
            _ => throw new System.Diagnostics.UnreachableException(),
        };

        example.Verify(Trees.Text(findings));
        Assert.True(findings.Length > 0 && findings.All(finding => finding.Code.Id == code), Trees.Text(findings));
    }
}
