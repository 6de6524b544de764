using System.Text;
using System.Text.Json;
using CsCheck;
using GitOps.Agent.Devices;
using GitOps.Agent.Devices.Http;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Devices;

/// <summary>Values in the bodies of HTTP.</summary>
public sealed class HttpCodecTests
{
    private const string Document = """{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8}""";

    [Theory] // the examples of RFC 6901 §5
    [InlineData("/foo/0", "bar")]
    [InlineData("/", "0")]
    [InlineData("/a~1b", "1")]
    [InlineData("/c%d", "2")]
    [InlineData("/e^f", "3")]
    [InlineData("/g|h", "4")]
    [InlineData("/i\\j", "5")]
    [InlineData("/k\"l", "6")]
    [InlineData("/ ", "7")]
    [InlineData("/m~0n", "8")]
    [InlineData("/foo/2", null)]
    [InlineData("/foo/00", null)]
    [InlineData("/foo/-", null)]
    [InlineData("/nothing", null)]
    [InlineData("foo", null)]
    public void A_pointer_names_what_the_specification_says(string pointer, string? expected)
    {
        using var document = JsonDocument.Parse(Document);

        Assert.Equal(expected, JsonPointer.Find(document.RootElement, pointer)?.ToString());
    }

    [Theory]
    [InlineData("""{"a": {"b": 705}}""", "70.5")]
    [InlineData("""{"a": {"b": "705"}}""", "70.5")]
    [InlineData("""{"a": {"b": 7.05e2}}""", "70.5")]
    [InlineData("""{"a": {"b": null}}""", "the answer has null at '/a/b'")]
    [InlineData("""{"a": {"b": [1]}}""", "the answer has an array at '/a/b'")]
    [InlineData("""{"a": 1}""", "the answer has nothing at '/a/b'")]
    [InlineData("<html>", "the answer is no JSON")]
    [InlineData("", "the answer is no JSON")]
    public void A_number_is_read_scaled_and_anything_else_is_said(string body, string expected) => Assert.Equal(
        expected,
        HttpCodec.Decode(Property(DeviceValueType.Int32) with { Scale = 0.1m }, Encoding.UTF8.GetBytes(body)) switch
        {
            Decoded.Value(var value) => value.ToString(),
            Decoded.Bad(var why) => why,
            var other => other.ToString(),
        });

    [Fact]
    public void What_is_written_is_read_back_and_nothing_else_is_in_the_body() =>
        Gen.Select(Gen.Int, Gen.String[Gen.Char.AlphaNumeric, 0, 8].Array[1, 4]).Sample((number, path) =>
        {
            var pointer = "/" + string.Join('/', path);
            var property = Property(DeviceValueType.Int32) with { Http = new DeviceHttp { Path = "/x", Pointer = pointer, Write = new HttpWrite() } };
            var (body, mediaType) = HttpCodec.Encode(property, new DeviceValue.Number(number))!.Value;
            return mediaType == "application/json" && HttpCodec.Decode(property, body) == new Decoded.Value(new DeviceValue.Number(number));
        });

    [Fact]
    public void Without_a_pointer_a_value_is_text()
    {
        var property = Property(DeviceValueType.Bool) with { Http = new DeviceHttp { Path = "/x", Write = new HttpWrite() } };

        Assert.Equal("true", Encoding.UTF8.GetString(HttpCodec.Encode(property, new DeviceValue.Boolean(true))!.Value.Body));
        Assert.Equal(new Decoded.Value(new DeviceValue.Boolean(true)), HttpCodec.Decode(property, "ON\n"u8.ToArray()));
    }

    [Fact]
    public void Whatever_bytes_come_back_reading_them_never_throws() =>
        Gen.Select(Gen.Byte.Array[0, 60], Gen.Bool).Sample((bytes, isJson) => HttpCodec.Decode(
            Property(DeviceValueType.String) with { Http = new DeviceHttp { Path = "/x", Pointer = isJson ? "/a" : null } },
            isJson ? (byte[])[.. "{\"a\":\""u8, .. bytes, .. "\"}"u8] : bytes) is not null);

    private static DeviceProperty Property(DeviceValueType type) => new()
    {
        Name = "p",
        Type = type,
        Access = DeviceAccess.ReadWrite,
        Http = new DeviceHttp { Path = "/x", Pointer = "/a/b", Write = new HttpWrite() },
    };
}
