using System.Runtime.CompilerServices;
using System.Text;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Diffing;
using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Diffing;

/// <summary>A pull request on the example of a factory, as its reviewer sees it.</summary>
public sealed class FactoryPreviewTests
{
    private const string NewBoard = "andon@sha256:90aa9a1c1c7d2c1f0c1b7d1f8c2ec4b76a6b1e2f2b7a4d84f6c4f3a1c0de5510";

    [Fact]
    public void A_new_board_a_slower_press_and_one_gateway_less()
    {
        var before = Files();
        var after = Edited(before,
            ("apps/andon/deployment.yaml", "andon@sha256:67d8318a036ed43a073407a10acd98d812c176b3780811c6c8bd9d1f87302edf", NewBoard),
            ("devices/press.yaml", "speed-limit: 40", "speed-limit: 35"),
            ("sites.yaml", "title: Halle 3", "title: Halle 3 Nord"),
            ("nodes/gateways.csv", "muc-press-04,munich,press,1,main,10.1.1.4,502,0001062,\n", ""));
        after.Add(Trees.File("image-sizes.json", $$$"""{"registry.factory.example/{{{NewBoard}}}": {"amd64": 18874368, "arm64": 17825792}}"""));
        Golden.Verify("diff/factory.md", Preview.Of(Compiled(before), Compiled(after), [], new Dictionary<string, NodeOutlook>()).ToMarkdown());
    }

    [Fact]
    public void Meters_of_EdgeX_and_a_chiller_of_KubeEdge_are_what_their_files_say()
    {
        var bundles = Compiled(Files());

        Assert.Equal(
            ["meter-hall-1 ActivePower 5000 60000", "meter-hall-1 DemandPeriod  ", "meter-hall-1 Energy 60000 900000", "meter-hall-1 Frequency 5000 "],
            Of("muc-server").Where(line => line.StartsWith("meter-hall-1 ", StringComparison.Ordinal)));
        Assert.Equal(8, Of("muc-server").Count);
        Assert.Equal(["chiller-1 setpoint 1000 ", "chiller-1 supply-temperature 5000 "], Of("gdn-server"));

        List<string> Of(string name)
        {
            Assert.True(bundles.TryGet(name, out var node));
            return [.. node.Bundle.Units.Where(unit => unit.Spec is DeviceSpec).SelectMany(unit => ((DeviceSpec)unit.Spec).Properties
                .Select(property => $"{unit.Name} {property.Name} {property.PollMs} {property.Upstream?.EveryMs}")).Order(StringComparer.Ordinal)];
        }
    }

    private static FleetBundles Compiled(List<SourceFile> files) => Trees.Compiled(files);

    private static List<SourceFile> Edited(List<SourceFile> files, params (string Path, string Old, string New)[] edits)
    {
        var edited = files.ToList();
        foreach (var (path, old, now) in edits)
        {
            var index = edited.FindIndex(file => file.Path == path);
            var text = Encoding.UTF8.GetString(edited[index].Bytes.Span);
            Assert.Contains(old, text, StringComparison.Ordinal);
            edited[index] = Trees.File(path, text.Replace(old, now, StringComparison.Ordinal));
        }

        return edited;
    }

    private static List<SourceFile> Files()
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "..", "examples", "factory"));
        return [.. Directory.GetFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(Path.GetRelativePath(root, path), File.ReadAllBytes(path)))];
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
