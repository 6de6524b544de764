using System.Text;
using System.Text.Json;
using CsCheck;
using GitOps.Bundles.Json;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Bundles.Tests;

public sealed class BundleTests
{
    [Fact]
    public void A_bundle_reads_back_as_it_was_written()
    {
        foreach (var bundle in new[] { Samples.Bundle, GroupSamples.Bundle, GateSamples.Bundle, LinkSamples.Bundle, AgentSamples.Bundle, DeviceSamples.Bundle, ClockSamples.Bundle, ClockSamples.Ptp, SyncSamples.Bundle, SyncSamples.Backup, SyncSamples.Replica, EdgeXSamples.Bundle })
        {
            Assert.Equal(bundle, Assert.IsType<BundleReading.Read>(BundleJson.Read(bundle.ToBytes())).Bundle);
        }
    }

    [Fact]
    public void Its_bytes_do_not_depend_on_the_order_of_its_units() =>
        Assert.Equal(Samples.Bundle.ToBytes(), Bundle.Of(Samples.Bundle.Units.Reverse()).ToBytes());

    /// <summary>A change here changes the digest of every bundle in the field: it needs a new bundle format.</summary>
    [Fact]
    public void The_bytes_of_format_1_never_change() =>
        Golden.Verify("bundle.v1.json", Encoding.UTF8.GetString(Samples.Bundle.ToBytes()));

    [Fact]
    public void Bytes_of_what_judges_a_unit_and_what_leaves_it_alone() =>
        Golden.Verify("bundle-gates.v1.json", Encoding.UTF8.GetString(GateSamples.Bundle.ToBytes()));

    [Fact]
    public void Bytes_of_syncs() =>
        Golden.Verify("bundle-sync.v1.json", Encoding.UTF8.GetString(SyncSamples.Bundle.ToBytes()));

    [Fact]
    public void The_bytes_of_an_EdgeX() =>
        Golden.Verify("bundle-edgex.v1.json", Encoding.UTF8.GetString(EdgeXSamples.Bundle.ToBytes()));

    [Fact]
    public void Bytes_of_backups() =>
        Golden.Verify("bundle-backup.v1.json", Encoding.UTF8.GetString(SyncSamples.Backup.ToBytes()));

    [Fact]
    public void Bytes_of_replicas() =>
        Golden.Verify("bundle-replica.v1.json", Encoding.UTF8.GetString(SyncSamples.Replica.ToBytes()));

    [Fact]
    public void Bytes_of_what_a_site_says_of_its_link() =>
        Golden.Verify("bundle-uplink.v1.json", Encoding.UTF8.GetString(LinkSamples.Bundle.ToBytes()));

    [Fact]
    public void Bytes_of_devices() => Golden.Verify("bundle-devices.v1.json", Encoding.UTF8.GetString(DeviceSamples.Bundle.ToBytes()));

    [Fact]
    public void The_bytes_of_a_group_of_containers_never_change() =>
        Golden.Verify("bundle-group.v1.json", Encoding.UTF8.GetString(GroupSamples.Bundle.ToBytes()));

    [Fact]
    public void Every_unknown_kind_and_field_is_named_at_once()
    {
        const string json = """
            {"format":1,"units":[
              {"kind":"gpu","name":"a","spec":{}},
              {"kind":"file","name":"b","spec":{"path":"/b","content":[],"colour":"red","acl":[]}},
              {"kind":"workload","name":"c","spec":{"process":{"command":["/c"],"log":{"maxBytes":1,"files":1,"ship":true}}}}]}
            """;
        var problems = Refused(json);
        Assert.All(problems, p => Assert.Equal(BundleCodes.UnknownUnit.Id, p.Code));
        Assert.Equal(
            ["gpu/a is of a kind", "file/b.colour is a field", "file/b.acl is a field", "workload/c.process.log.ship is a field"],
            problems.Select(p => p.What.Split(" this agent")[0]).Select(w => w.EndsWith("kind", StringComparison.Ordinal) || w.EndsWith("field", StringComparison.Ordinal) ? w : w));
    }

    [Theory]
    [InlineData("""[]""", "AGT001")]
    [InlineData("""{"format":1,"units":[{"kind":"workload","name":"a","spec":{}}]}""", "AGT001")]
    [InlineData("""{"format":1,"units":[{"kind":"workload","name":"a","spec":{"process":{"command":["/a"]},"containers":{"containers":[]}}}]}""", "AGT001")]
    [InlineData("""{"format":2,"units":[]}""", "AGT002")]
    [InlineData("""{"format":"1","units":[]}""", "AGT001")]
    [InlineData("""{"format":1,"units":[],"node":"a"}""", "AGT003")]
    [InlineData("""{"format":1,"units":[{"kind":"file","name":"../x","spec":{"path":"/x","content":[]}}]}""", "AGT001")]
    [InlineData("""{"format":1,"units":[{"kind":"file","name":"x","spec":{"content":[]}}]}""", "AGT001")]
    [InlineData("""{"format":1,"units":[{"kind":"file","name":"x","spec":{"path":"/x","content":[{"text":"a","blob":"b"}]}}]}""", "AGT001")]
    [InlineData("""{"format":1,"units":[{"kind":"file","name":"x","spec":{"path":"/x","path":"/y","content":[]}}]}""", "AGT001")]
    [InlineData("""{"format":1,"units":[{"kind":"file","name":"x","spec":null}]}""", "AGT001")]
    [InlineData("""{"format":1,"units":[{"kind":"clock","name":"x","requires":["clock"],"spec":{"servers":[],"maxErrorMs":1}}]}""", "AGT001")]
    [InlineData("""{"format":1,"units":[null]}""", "AGT001")]
    [InlineData("", "AGT001")]
    public void What_is_no_bundle_is_refused(string json, string code) => Assert.Equal(code, Refused(json)[0].Code);

    [Fact]
    public void A_name_that_is_not_UTF_8_is_refused_wherever_it_stands()
    {
        var bytes = System.Text.Encoding.Latin1.GetBytes("""{"format":1,"units":[{"kind":"file","name":"motd","spec":{"ÿ":1}}]}""");
        Assert.Equal("AGT001", Assert.IsType<BundleReading.Refused>(BundleJson.Read(bytes)).Problems[0].Code);
        Assert.Null(BundleJson.FindAgent(bytes));
    }

    [Fact]
    public void Two_units_of_one_name_are_refused()
    {
        const string json = """
            {"format":1,"units":[{"kind":"clock","name":"x","spec":{"servers":[],"maxErrorMs":1}},{"kind":"clock","name":"x","spec":{"servers":[],"maxErrorMs":2}}]}
            """;
        Assert.Contains("two units are called clock/x", Refused(json)[0].What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_desired_value_that_is_none_of_the_propertys_type_is_refused()
    {
        const string json = """
            {"format":1,"units":[{"kind":"device","name":"x","spec":{"protocol":"simulated","connection":{},
              "properties":[{"name":"p","type":"int16","desired":{"value":"1.5"}}]}}]}
            """;
        Assert.Contains("no Int16", Refused(json)[0].What, StringComparison.Ordinal);
    }

    [Fact]
    public void Content_becomes_a_blob_from_4096_bytes_on_and_when_it_is_not_text()
    {
        Assert.IsType<ContentPart.Text>(Content.Of(new byte[4095]).Part);
        Assert.IsType<ContentPart.Blob>(Content.Of(new byte[4096]).Part);
        Assert.IsType<ContentPart.Blob>(Content.Of([0xff, 0xfe]).Part);
    }

    private static EquatableArray<Problem> Refused(string json) =>
        Assert.IsType<BundleReading.Refused>(BundleJson.Read(Encoding.UTF8.GetBytes(json))).Problems;

    /// <summary>Members are written in order and the result is looked at, not sorted: it must be what sorting gives.</summary>
    [Fact]
    public void A_unit_is_written_in_canonical_form_whatever_its_texts_hold() =>
        Gen.Select(Gen.String[Gen.OneOf(Gen.Char[' ', '~'], Gen.Char['\0', '\u00a0'], Gen.Char['\u0100', '\ud7ff'], Gen.Char['\ue000', '\uffff']), 0, 40],
            Gen.Long[0, long.MaxValue], Gen.Decimal).Sample((text, bytes, number) =>
        {
            Unit[] units =
            [
                .. Samples.Bundle.Units,
                new("motd", new FileSpec { Path = "/" + text, Content = [new ContentPart.Text(text), new ContentPart.Blob(Digest.Of("blob"u8), bytes)] }),
                new("plc", new DeviceSpec
                {
                    Protocol = DeviceProtocol.Simulated,
                    Connection = new DeviceConnection(),
                    Properties = [new DeviceProperty { Name = "level", Type = DeviceValueType.Float64, Access = DeviceAccess.Read, Unit = text, Minimum = number }],
                }),
            ];
            foreach (var unit in units)
            {
                var written = BundleJson.ToBytes(unit);
                using var document = JsonDocument.Parse(written);
                Assert.Equal(Encoding.UTF8.GetString(CanonicalJson.Write(document.RootElement)), Encoding.UTF8.GetString(written));
            }
        });
}
