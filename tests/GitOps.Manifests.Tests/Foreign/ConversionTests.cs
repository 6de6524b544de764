using System.Runtime.CompilerServices;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;
using GitOps.TestKit;

namespace GitOps.Manifests.Tests.Foreign;

/// <summary>What is converted is what is imported, and validates.</summary>
public sealed class ConversionTests
{
    private static readonly IReadOnlyList<SourceFile> Example =
    [
        .. Directory.EnumerateFiles(Folder(), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(Path.GetRelativePath(Folder(), path), File.ReadAllBytes(path))),
    ];

    private static IEnumerable<SourceFile> Foreign => Example.Where(file => file.Path.Contains('/', StringComparison.Ordinal));

    [Fact]
    public void A_brownfield_reads_like_this_in_our_language()
    {
        var conversion = ForeignConversion.Convert([.. Foreign], "gateway-1", "mqtt://10.20.0.5:1883");

        Golden.Verify("foreign/brownfield.yaml", string.Concat(conversion.Resources.Select(resource => "---\n" + ForeignConversion.ToYaml(resource))));
    }

    [Fact]
    public void What_is_converted_validates_and_says_what_is_imported()
    {
        var conversion = ForeignConversion.Convert([.. Foreign], "gateway-1", "mqtt://10.20.0.5:1883");
        var texts = conversion.Resources.Select((resource, i) => ($"r{i}.yaml", ForeignConversion.ToYaml(resource)));
        var nodes = Example.Single(file => file.Path == "fleet.yaml");

        var converted = ManifestParser.Parse(new FleetSource(Fleets.Of([.. texts]).Files.Append(nodes)));
        var imported = ManifestParser.Parse(new FleetSource(Example));

        Assert.Equal("", converted.Findings.ToText());
        Assert.Equal(imported.Manifest.Devices.Names, converted.Manifest.Devices.Names);
        Assert.All(imported.Manifest.Devices, device => Assert.Equal(Model(imported, device), Model(converted, converted.Manifest.Devices.Single(d => d.Name == device.Name))));
    }

    private static DeviceModelSpec Model(ParsedFleet fleet, Resource<DeviceSpec> device) =>
        fleet.Manifest.DeviceModels.TryGet(device.Spec.Model, out var model) ? model.Spec : throw new InvalidOperationException(device.Spec.Model);

    private static string Folder([CallerFilePath] string testFile = "") => Path.Combine(Path.GetDirectoryName(testFile)!, "../../../examples/brownfield");
}
