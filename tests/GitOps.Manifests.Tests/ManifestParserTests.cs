using System.Runtime.CompilerServices;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.Tests;

public sealed class ManifestParserTests
{
    [Fact]
    public void A_whole_fleet_has_no_findings()
    {
        var parsed = ManifestParser.Parse(Fleets.Example);

        Assert.Equal("", parsed.Findings.ToText());
        Assert.Equal(3, parsed.Manifest.Nodes.Count);
        Assert.Equal(KindShapes.All.Count, parsed.Manifest.All.Select(resource => resource.Kind).Distinct().Count());
    }

    [Fact]
    public void Fields_become_typed_with_their_defaults()
    {
        var manifest = ManifestParser.Parse(Fleets.Example).Manifest;

        Assert.Equal(new RolloutPolicy(RolloutStrategy.Canary, new CanaryChoice.Node("press-1"), TimeSpan.FromMinutes(2)), manifest.Fleet!.Spec.Rollout);
        Assert.Equal(new RemovalPolicy(10), manifest.Fleet.Spec.Removal);
        Assert.Equal(IdentityPolicy.Default, manifest.Fleet.Spec.Identity);
        Assert.True(manifest.Volumes.TryGet("data", out var volume));
        Assert.Equal(10L * 1024 * 1024, volume.Spec.SizeBytes);
        Assert.Equal(new Retention { MaxAgeMs = 7 * 86_400_000 }, volume.Spec.Retention);
        Assert.Equal("0755", volume.Spec.Mode);
        Assert.True(manifest.TimeSyncs.TryGet("site-clock", out var clock));
        Assert.Equal([new TimeServer("10.0.0.1"), new TimeServer("time.example") { Nts = true, Prefer = true }], clock.Spec.Servers);
        Assert.True(manifest.DeviceModels.TryGet("oven", out var oven));
        Assert.Equal(["running", "setpoint", "temperature"], oven.Spec.Properties.Select(property => property.Name));
        Assert.Equal(1000, oven.Spec.Properties[0].PollMs);
        Assert.True(manifest.Devices.TryGet("oven-1", out var device));
        Assert.Equal(
            [new DesiredProperty("setpoint", new DesiredValue(new DeviceValue.Number(70.5m))
            {
                Apply = ApplyMode.Hold,
                Tolerance = 0.5m,
                WriteWhen = new WriteInterlock("running", new DeviceValue.Boolean(true)),
                OnRollback = new OnRollback { Action = RollbackAction.Previous },
            })],
            device.Spec.Desired);
    }

    [Fact]
    public void Templates_are_accepted_as_written_and_bound_when_rendered()
    {
        Assert.True(ManifestParser.Parse(Fleets.Example).Manifest.Workloads.TryGet("web", out var web));
        Assert.True(web.HasTemplates);
        Assert.Equal(["./serve", "--port", "{{ values.web.port }}"], web.Spec.Process!.Command);
        Assert.Equal(new Placement.Matching(new([new("role", "press")], [])), web.Spec.Placement);

        var rendered = KindShapes.Workload.Bind(Rendering.Replace(web.Tree, "{{ values.web.port }}", "8081"), Shapes.BindMode.Rendered);

        Assert.Equal("", rendered.Findings.ToText());
        Assert.Equal(new EquatableArray<int>([8081]), rendered.Spec!.Process!.Ports);
        Assert.Equal(new ContentSource.Source("files/serve.sh", "apps/files/serve.sh"), rendered.Spec.Process.Files[0].Content);
    }

    [Fact]
    public void What_rendering_gave_is_checked_like_what_was_written()
    {
        Assert.True(ManifestParser.Parse(Fleets.Example).Manifest.Workloads.TryGet("web", out var web));

        var rendered = KindShapes.Workload.Bind(Rendering.Replace(web.Tree, "{{ values.web.port }}", "many"), Shapes.BindMode.Rendered);

        Assert.Null(rendered.Spec);
        Assert.Contains(rendered.Findings, finding => finding.Code == ManifestCodes.InvalidValue && finding.Span.Line == 12);
    }

    [Fact]
    public void A_resource_without_templates_is_bound_once()
    {
        var manifest = ManifestParser.Parse(Fleets.Example).Manifest;

        Assert.All(manifest.Volumes, volume => Assert.False(volume.HasTemplates));
        Assert.All(manifest.Devices, device => Assert.False(device.HasTemplates));
    }

    [Fact]
    public void A_file_named_as_a_source_and_one_that_is_ignored_are_no_manifests()
    {
        var parsed = ManifestParser.Parse(Fleets.With("""
            apiVersion: gitops.edge/v1
            kind: ConfigFile
            metadata: {name: conf}
            spec: {placement: {all: true}, path: /etc/conf.yaml, source: conf.yaml}
            """, ("conf.yaml", "a: [b"), ("third-party/chart/x.yaml", "kind: Pod"), (".gitopsignore", "# charts\nthird-party/\n"), (".github/ci.yml", "on: push")));

        Assert.Equal("", parsed.Findings.ToText());
    }

    [Fact]
    public void The_same_tree_gives_the_same_findings_in_any_order_of_files()
    {
        var text = "apiVersion: gitops.edge/v1\nkind: Site\nmetadata: {name: a}\nspec: {wat: 1}\n";
        (string, string)[] files = [("b.yaml", text), ("a.yaml", text), ("c/a.yaml", text)];

        Assert.Equal(
            ManifestParser.Parse(Fleets.Of(files)).Findings.ToText(),
            ManifestParser.Parse(Fleets.Of([.. files.Reverse()])).Findings.ToText());
    }

    [Fact]
    public void The_examples_of_the_repository_have_no_findings()
    {
        var examples = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "examples");
        var folders = Directory.GetDirectories(examples);

        Assert.NotEmpty(folders);
        Assert.All(folders, folder =>
        {
            var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(path => new SourceFile(Path.GetRelativePath(folder, path), File.ReadAllBytes(path)));
            Assert.Equal("", ManifestParser.Parse(new FleetSource(files)).Findings.Where(finding => finding.Severity > Severity.Note).ToText());
        });
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
