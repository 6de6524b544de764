using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Tests;

public sealed class CanonicalJsonTests
{
    // RFC 8785 appendix B: IEEE 754 bits and the text ECMAScript gives them.
    [Theory]
    [InlineData("0000000000000000", "0")]
    [InlineData("8000000000000000", "0")]
    [InlineData("0000000000000001", "5e-324")]
    [InlineData("8000000000000001", "-5e-324")]
    [InlineData("7fefffffffffffff", "1.7976931348623157e+308")]
    [InlineData("4340000000000000", "9007199254740992")]
    [InlineData("4430000000000000", "295147905179352830000")]
    [InlineData("44b52d02c7e14af5", "9.999999999999997e+22")]
    [InlineData("44b52d02c7e14af6", "1e+23")]
    [InlineData("444b1ae4d6e2ef4e", "999999999999999700000")]
    [InlineData("444b1ae4d6e2ef50", "1e+21")]
    [InlineData("3eb0c6f7a0b5ed8c", "9.999999999999997e-7")]
    [InlineData("3eb0c6f7a0b5ed8d", "0.000001")]
    [InlineData("41b3de4355555555", "333333333.3333333")]
    [InlineData("becbf647612f3696", "-0.0000033333333333333333")]
    public void Numbers_are_printed_as_the_standard_lists_them(string bits, string expected)
    {
        var value = BitConverter.Int64BitsToDouble(long.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Assert.Equal(expected, Canonical(value.ToString("R", CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Members_are_sorted_by_utf16_code_units() =>
        Assert.Equal(
            "{\"\\r\":1,\"1\":2,\"\u0080\":3,\"ö\":4,\"€\":5,\"\U0001F600\":6,\"\uFB33\":7}",
            Canonical("{\"€\":5,\"\\r\":1,\"\uFB33\":7,\"1\":2,\"\U0001F600\":6,\"\u0080\":3,\"ö\":4}"));

    [Theory]
    [InlineData("\"\\u20ac$\"", "\"€$\"")]
    [InlineData("\"\\u000F\\u000a\"", "\"\\u000f\\n\"")]
    [InlineData("\"A'\\u0042\\u0022\"", "\"A'B\\\"\"")]
    [InlineData("\"\\u005c\\/\"", "\"\\\\/\"")]
    public void Strings_carry_only_the_escapes_they_must(string json, string expected) => Assert.Equal(expected, Canonical(json));

    [Fact]
    public void A_member_that_occurs_twice_has_no_canonical_form() =>
        Assert.Throws<FormatException>(() => Canonical("{\"a\":1,\"b\":2,\"a\":3}"));

    [Fact]
    public void The_order_and_the_blanks_of_the_input_leave_no_trace() =>
        Gen.Dictionary(Gen.String[Gen.Char.AlphaNumeric, 1, 6], Gen.Int)[0, 8].Sample(members =>
        {
            var forward = string.Join(",", members.Select(m => $"\"{m.Key}\":{m.Value}"));
            var backward = string.Join(" , ", members.Reverse().Select(m => $"\"{m.Key}\" : {m.Value}"));
            Assert.Equal(Canonical($"{{{forward}}}"), Canonical($"{{ {backward} }}"));
        });

    [Fact]
    public void What_is_canonical_stays_as_it_is() =>
        Gen.Double.Where(double.IsFinite).Sample(value =>
        {
            var once = Canonical(value.ToString("R", CultureInfo.InvariantCulture));
            Assert.Equal(once, Canonical(once));
            Assert.Equal(value, double.Parse(once, CultureInfo.InvariantCulture));
        });

    private static string Canonical(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Encoding.UTF8.GetString(CanonicalJson.Write(document.RootElement));
    }
}
