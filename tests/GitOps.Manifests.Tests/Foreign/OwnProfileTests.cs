using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CsCheck;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.EdgeX;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;
using GitOps.TestKit;
using DeviceSpec = GitOps.Manifests.Kinds.DeviceSpec;

namespace GitOps.Manifests.Tests.Foreign;

/// <summary>What is written for an EdgeX is what its own readers, and ours, read again.</summary>
public sealed class OwnProfileTests
{
    private static readonly Gen<DeviceProperty> Property = Gen.Select(
        Gen.OneOf<DeviceValueType>(Enum.GetValues<DeviceValueType>().Except([DeviceValueType.Int8, DeviceValueType.UInt8]).ToArray()), Gen.Enum<ModbusTable>(), Gen.Int[0, 60_000],
        Gen.OneOf<DeviceAccess>(DeviceAccess.Read, DeviceAccess.ReadWrite, DeviceAccess.Write), Gen.Int[0, 15], Gen.OneOf<decimal?>(null, 0.1m, 0.5m, 10, -2, 0.001m),
        Gen.OneOf<decimal?>(null, -40, 273.15m), Gen.OneOf<(decimal?, int?, bool, bool)>((null, null, false, false), (0x0FF0, 4, false, false), (null, 2, false, true), (null, null, true, false), (null, null, true, true)))
        .Select((type, table, address, access, bit, scale, offset, bits) =>
        {
            type = table is ModbusTable.Coil or ModbusTable.Discrete ? DeviceValueType.Bool : type;
            var isNumber = type is not (DeviceValueType.Bool or DeviceValueType.String);
            var isInteger = isNumber && type is not (DeviceValueType.Float32 or DeviceValueType.Float64);
            return new DeviceProperty
            {
                Name = "x",
                Type = type,
                Access = table is ModbusTable.Input or ModbusTable.Discrete ? DeviceAccess.Read : access,
                Unit = isNumber ? "°C" : null,
                Scale = isNumber ? scale : null,
                Offset = isNumber ? offset : null,
                Mask = isInteger ? bits.Item1 : null,
                Shift = isInteger ? bits.Item2 : null,
                Minimum = isNumber ? 1 : null,
                Register = new ModbusRegister(table, address)
                {
                    Bit = type == DeviceValueType.Bool && (table is ModbusTable.Input or ModbusTable.Holding) && bit > 0 ? bit - 1 : null,
                    Registers = type == DeviceValueType.String ? bit + 1 : null,
                    WordSwap = bits.Item3,
                    ByteSwap = bits.Item4,
                },
            };
        });

    [Fact]
    public void Every_profile_of_a_Modbus_device_comes_back_as_it_was()
    {
        var (same, refused) = (0, new List<string>());
        foreach (var path in Directory.EnumerateFiles(Path.Combine(Corpus.Folder(), "edgex-profiles")).Concat(Brownfield()).Order(StringComparer.Ordinal))
        {
            foreach (var document in Profiles(new SourceFile(Path.GetFileName(path), File.ReadAllBytes(path))))
            {
                if (Modbus(document) is not { } model)
                {
                    continue;
                }

                var findings = new FindingList();
                if (OwnProfiles.Translate(model, findings) is not { } written)
                {
                    refused.AddRange(findings.ToSorted().Where(finding => finding.Severity == Severity.Error).Select(finding => finding.What));
                    continue;
                }

                var back = Back(written).Spec;
                Assert.Equal(model.Spec.Properties.Select(AsEdgeXHasIt), back.Properties);
                Assert.Equal(model.Spec with { Properties = [] }, back with { Properties = [] });
                same++;
            }
        }

        // What EdgeX itself does wrong with a profile of its own: it is read so that it is right here, and cannot be written so.
        Assert.All(refused, what => Assert.Contains("zeros into all other bits", what, StringComparison.Ordinal));
        Assert.True(same >= 12, $"{same} came back, {refused.Count} resources are refused");
    }

    [Fact]
    public void Whatever_is_written_means_the_same_when_it_is_read() =>
        Property.Sample(property =>
        {
            var model = Resource(new DeviceModelSpec(DeviceProtocol.ModbusTcp, null, [property], [], [], null));
            if (OwnProfiles.Translate(model, new FindingList()) is { } written)
            {
                Assert.Equal(AsEdgeXHasIt(property), Back(written).Spec.Properties.Single());
            }
            else
            {
                Assert.NotEmpty(OwnResources.Problems(DeviceProtocol.ModbusTcp, property));
            }
        });

    [Theory]
    [InlineData(DeviceProtocol.ModbusTcp, "modbus-tcp", "{host: 10.0.0.5}", "{host: 10.0.0.5, port: 502, unitId: 1, timeout: 1s}")]
    [InlineData(DeviceProtocol.ModbusTcp, "modbus-tcp", "{host: plc, port: 1502, unitId: 255, timeout: 250ms}", "{host: plc, port: 1502, unitId: 255, timeout: 250ms}")]
    [InlineData(DeviceProtocol.ModbusRtu, "modbus-rtu", "{serial: {path: /dev/ttyS1}, unitId: 17}",
        "{serial: {path: /dev/ttyS1, baud: 19200, parity: even, stopBits: 1}, unitId: 17, timeout: 1s}")]
    [InlineData(DeviceProtocol.ModbusRtu, "modbus-rtu", "{serial: {path: /dev/ttyS1, baud: 9600, parity: none}, timeout: 2s}",
        "{serial: {path: /dev/ttyS1, baud: 9600, parity: none, stopBits: 2}, unitId: 1, timeout: 2s}")]
    [InlineData(DeviceProtocol.Simulated, "device-virtual-protocol", "{}", "{}")]
    public void A_device_is_where_it_was(DeviceProtocol protocol, string name, string connection, string expected)
    {
        var property = new DeviceProperty { Name = "x", Type = DeviceValueType.Int16, PollMs = 1_500, Register = protocol.IsModbus() ? new ModbusRegister(ModbusTable.Input, 0) : null };
        var model = Resource(new DeviceModelSpec(protocol, null, [property], [], [], null));
        var manifest = ManifestParser.Parse(Fleets.With(Device(connection))).Manifest;
        var tree = OwnDevices.Translate(manifest.Devices.Single(), model.Spec, "m", "s");

        var json = new SourceFile("d.json", Encoding.UTF8.GetBytes($"[{EdgeXUnit.Json(EdgeXKind.Device, tree, ForeignSyntax.Yaml)}]"));
        Assert.Empty(EdgeXVerdicts.Of(json, EdgeXKind.Device)!.Blames);
        Assert.Empty(EdgeXVerdicts.Of(json, EdgeXKind.Device, EdgeXVersion.V31)!.Blames);
        var profile = new SourceFile("m.json", Encoding.UTF8.GetBytes(EdgeXUnit.Json(EdgeXKind.Profile, OwnProfiles.Translate(model, new FindingList())!, ForeignSyntax.Yaml)));
        var back = ForeignConversion.Convert([profile, json], "n1", null);
        Assert.Equal("", back.Findings.ToText());
        var device = (Resource<DeviceSpec>)KindShapes.Device.Read(new Metadata("d", [], []), default, back.Resources.Single(one => one.Kind == ResourceKind.Device).Spec, new FindingList())!;
        Assert.Equal(ManifestParser.Parse(Fleets.With(Device(expected))).Manifest.Devices.Single().Spec.Connection, device.Spec.Connection);
        Assert.Equal([new PropertyPoll("x", TimeSpan.FromSeconds(1.5))], device.Spec.Polls);
        Assert.Contains(name, Encoding.UTF8.GetString(json.Bytes.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DeviceValueType.Int16, "0.1", "0.3", "0.3", "0.3")]
    [InlineData(DeviceValueType.Int16, "0.1", "70.5", "70.5", "70.5")]
    [InlineData(DeviceValueType.Float32, "1", "70.123456789", "70.123456789", "70.12346")]
    public void A_value_is_said_so_that_the_device_gets_it(DeviceValueType type, string scale, string desired, string set, string answered)
    {
        var property = new DeviceProperty { Name = "x", Type = type, Scale = Number(scale), Access = DeviceAccess.ReadWrite };

        var found = EdgeXNumbers.Of(property, CarriedType.Of(DeviceProtocol.ModbusTcp, property)!, Number(desired));

        Assert.Equal((Number(set), Number(answered)), found);
    }

    // The service divides floats and cuts what is left behind the point (device-modbus-go, TransformCommandValueToDataBytes).
    [Fact]
    public void Every_raw_value_can_be_desired() =>
        Gen.Select(Gen.Short, Gen.OneOf<decimal>(0.1m, 0.01m, 0.3m, 0.7m, 1.1m, -0.1m), Gen.OneOf<decimal?>(null, -40, 273.15m)).Sample((raw, scale, offset) =>
        {
            var property = new DeviceProperty { Name = "x", Type = DeviceValueType.Int16, Scale = scale, Offset = offset, Access = DeviceAccess.ReadWrite };
            var carried = CarriedType.Of(DeviceProtocol.ModbusTcp, property)!;

            var (set, _) = EdgeXNumbers.Of(property, carried, (raw * scale) + (offset ?? 0));

            Assert.Equal(raw, carried.Value == DeviceValueType.Float32
                ? (short)((float.Parse(DecimalText.Format(set), CultureInfo.InvariantCulture) - (float)(offset ?? 0)) / (float)scale)
                : (short)((double.Parse(DecimalText.Format(set), CultureInfo.InvariantCulture) - (double)(offset ?? 0)) / (double)scale));
        });

    // Bounds are float64 there. Swaps that nobody carries out say nothing.
    private static DeviceProperty AsEdgeXHasIt(DeviceProperty property)
    {
        var isSwapped = property.Type is DeviceValueType.Int32 or DeviceValueType.UInt32 or DeviceValueType.Float32;
        return property with
        {
            Minimum = (decimal?)(double?)property.Minimum,
            Maximum = (decimal?)(double?)property.Maximum,
            Register = isSwapped ? property.Register : property.Register! with { WordSwap = false, ByteSwap = false },
        };
    }

    private static IEnumerable<ForeignDocument> Profiles(SourceFile file) =>
        ForeignFile.Parse(file, YamlLimits.Default) is { } parsed && parsed.Findings.All(finding => finding.Severity != Severity.Error)
            ? parsed.Foreign.Where(document => document.Kind == ForeignKind.EdgeXProfile)
            : [];

    // Null for what is not of Modbus, or loses something when it is imported.
    private static Resource<DeviceModelSpec>? Modbus(ForeignDocument profile)
    {
        var findings = new FindingList();
        return profile.Root.Objects("deviceResources").Any(resource => resource.Object("attributes").Has("primaryTable")) &&
            EdgeXModels.Translate(profile, DeviceProtocol.ModbusTcp, "", "m", findings) is { } translated && findings.ToSorted().IsEmpty
            ? Read(translated)
            : null;
    }

    private static Resource<DeviceModelSpec> Read(Translated model)
    {
        var findings = new FindingList();
        var read = KindShapes.DeviceModel.Read(new Metadata(model.Name, [], []), model.Span, model.Spec, findings);
        Assert.Equal("", findings.ToSorted().ToText());
        return Assert.IsType<Resource<DeviceModelSpec>>(read);
    }

    private static Resource<DeviceModelSpec> Back(YamlNode.Mapping profile)
    {
        var json = new SourceFile("back.json", Encoding.UTF8.GetBytes(EdgeXUnit.Json(EdgeXKind.Profile, profile, ForeignSyntax.Yaml)));
        Assert.Empty(EdgeXVerdicts.Of(json, EdgeXKind.Profile)!.Blames);
        Assert.Empty(EdgeXVerdicts.Of(json, EdgeXKind.Profile, EdgeXVersion.V31)!.Blames);
        var parsed = ForeignFile.Parse(json, YamlLimits.Default)!;
        Assert.Equal("", parsed.Findings.ToText());
        var findings = new FindingList();
        var model = EdgeXModels.Translate(parsed.Foreign.Single(), DeviceProtocol.ModbusTcp, "", "m", findings);
        Assert.Equal("", findings.ToSorted().ToText());
        return Read(model!);
    }

    private static Resource<DeviceModelSpec> Resource(DeviceModelSpec spec) =>
        new(ResourceKind.DeviceModel, new Metadata("m", [], []), new SourceSpan("m.yaml", 1, 1), YamlNode.Mapping.Empty, spec) { HasTemplates = false };

    private static decimal Number(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    private static string Device(string connection) =>
        $"apiVersion: gitops.edge/v1\nkind: Device\nmetadata: {{name: d}}\nspec: {{node: n1, model: m, connection: {connection}}}\n";

    private static IEnumerable<string> Brownfield([CallerFilePath] string testFile = "") =>
        Directory.EnumerateFiles(Path.Combine(Path.GetDirectoryName(testFile)!, "../../../examples/brownfield/edgex/profiles"));
}
