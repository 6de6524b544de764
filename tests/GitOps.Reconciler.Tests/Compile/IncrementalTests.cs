using System.Collections.Immutable;
using System.Text;
using CsCheck;
using GitOps.Manifests;
using GitOps.Manifests.State;
using GitOps.Reconciler.Compile;

namespace GitOps.Reconciler.Tests.Compile;

public sealed class IncrementalTests
{
    private static readonly int[] AllRight = new int[EditedFleet.Places.Count];

    [Fact]
    public void The_fleet_that_is_edited_compiles_to_begin_with() =>
        Assert.Equal(9, Trees.Compiled(EditedFleet.Files(AllRight)).Nodes.Length);

    [Fact]
    public void Every_single_edit_and_its_repair_give_what_a_cold_compilation_gives()
    {
        var compilation = new FleetCompilation();
        for (var place = 0; place < AllRight.Length; place++)
        {
            for (var way = 0; way < EditedFleet.Places[place].Count; way++)
            {
                var choices = AllRight.ToArray();
                choices[place] = way;
                AssertSame(compilation, EditedFleet.Files(choices));
                AssertSame(compilation, EditedFleet.Files(AllRight));
            }
        }
    }

    [Fact]
    public void Any_edits_one_after_another_give_what_a_cold_compilation_gives() =>
        // Mostly right, as fleets are: where everything is broken, little is looked at.
        Gen.Select(Gen.Int[0, AllRight.Length - 1], Gen.Frequency((2, Gen.Const(0)), (3, Gen.Int[0, 9]))).Array[1, 3].Array[1, 12].Sample(
            revisions =>
            {
                var compilation = new FleetCompilation();
                var choices = AllRight.ToArray();
                foreach (var edits in revisions)
                {
                    foreach (var (place, way) in edits)
                    {
                        choices[place] = way;
                    }

                    AssertSame(compilation, EditedFleet.Files(choices));
                }
            },
            iter: 150);

    /// <summary>A process that begins with what another one kept goes on as that one would have.</summary>
    [Fact]
    public void What_was_kept_gives_what_a_cold_compilation_gives_and_so_do_edits_after_it() =>
        Gen.Select(Gen.Int[0, AllRight.Length - 1], Gen.Frequency((2, Gen.Const(0)), (3, Gen.Int[0, 9])), Gen.Bool).Array[2, 10].Sample(
            edits =>
            {
                var compilation = new FleetCompilation();
                var choices = AllRight.ToArray();
                AssertSame(compilation, EditedFleet.Files(choices));
                foreach (var (place, way, isRestart) in edits)
                {
                    if (isRestart)
                    {
                        var kept = compilation.Keep();
                        var files = EditedFleet.Files(choices);
                        compilation = new FleetCompilation();
                        var resumed = compilation.Resume(SourceChange.From(files), kept);
                        Assert.Equal(Trees.Fingerprint(FleetCompiler.Compile(files)), Trees.Fingerprint(resumed));
                    }

                    choices[place] = way;
                    AssertSame(compilation, EditedFleet.Files(choices));
                }
            },
            iter: 80);

    [Fact]
    public void What_was_kept_is_taken_and_not_rendered_again()
    {
        var compilation = new FleetCompilation();
        var files = EditedFleet.Files(AllRight);
        AssertSame(compilation, files);
        var kept = compilation.Keep();
        Assert.NotEmpty(kept.Nodes);
        var marked = kept with
        {
            Nodes = kept.Nodes.ToDictionary(node => node.Key, node => ImmutableArray.CreateRange(node.Value, unit => unit with { Bytes = "{}"u8.ToArray() })),
        };
        var resumed = Assert.IsType<CompileResult.Compiled>(new FleetCompilation().Resume(SourceChange.From(files), marked)).Bundles;
        Assert.All(kept.Nodes, node => Assert.Contains("{}", Encoding.UTF8.GetString(
            resumed.TryGet(node.Key, out var bundle) ? bundle.Bytes.Span : []), StringComparison.Ordinal));
    }

    [Fact]
    public void What_changed_since_a_revision_names_every_node_that_differs() =>
        Gen.Select(Gen.Int[0, AllRight.Length - 1], Gen.Int[0, 5]).Array[1, 12].Sample(
            edits =>
            {
                var compilation = new FleetCompilation();
                var choices = AllRight.ToArray();
                FleetBundles? before = null;
                foreach (var (place, way) in edits)
                {
                    choices[place] = way;
                    if (Apply(compilation, EditedFleet.Files(choices)) is not CompileResult.Compiled(var after, _))
                    {
                        continue;
                    }

                    var changed = after.ChangedSince(before);
                    var names = after.Nodes.Concat(before?.Nodes ?? []).Select(node => node.Node).Distinct();
                    Assert.All(names.Except(changed), name => Assert.Equal(Describe(before, name), Describe(after, name)));
                    before = after;
                }
            },
            iter: 50);

    [Fact]
    public void One_changed_node_is_all_that_is_compiled_anew()
    {
        var compilation = new FleetCompilation();
        var before = Assert.IsType<CompileResult.Compiled>(Apply(compilation, EditedFleet.Files(AllRight))).Bundles;
        var choices = AllRight.ToArray();
        choices[1] = 1;
        var parsed = new List<string>();
        var changes = SourceChange.Between(compilation.Source, EditedFleet.Files(choices));
        var after = Assert.IsType<CompileResult.Compiled>(compilation.Apply(changes, new CompileOptions
        {
            ParseFile = file =>
            {
                parsed.Add(file.Path);
                return ManifestParser.ParseFile(file);
            },
        })).Bundles;
        Assert.Equal(["nodes/n0.yaml"], parsed);
        Assert.Equal(["n0"], after.ChangedSince(before));
    }

    private static string Describe(FleetBundles? bundles, string name) =>
        bundles is not null && bundles.TryGet(name, out var node) ? $"{node.Digest} {node.Site} {node.Suspended} {node.Moves}" : "absent";

    private static CompileResult Apply(FleetCompilation compilation, IReadOnlyList<SourceFile> files) =>
        compilation.Apply(SourceChange.Between(compilation.Source, files));

    private static void AssertSame(FleetCompilation compilation, IReadOnlyList<SourceFile> files) =>
        Assert.Equal(Trees.Fingerprint(FleetCompiler.Compile(files)), Trees.Fingerprint(Apply(compilation, files)));
}
