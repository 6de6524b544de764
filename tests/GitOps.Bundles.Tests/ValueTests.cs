using System.Globalization;
using CsCheck;
using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

public sealed class ValueTests
{
    [Theory]
    [InlineData("70.50", "70.5")]
    [InlineData("70.00", "70")]
    [InlineData("-0.0", "0")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("1000000000000000000000", "1000000000000000000000")]
    public void A_decimal_has_one_way_to_be_written(string value, string expected) =>
        Assert.Equal(expected, DecimalText.Format(decimal.Parse(value, CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData("70.50")]
    [InlineData("1e3")]
    [InlineData("+1")]
    [InlineData(".5")]
    [InlineData("-0")]
    [InlineData(" 1")]
    [InlineData("1,000")]
    [InlineData("")]
    public void Any_other_way_is_not_read(string text) => Assert.False(DecimalText.TryParse(text, out _));

    [Fact]
    public void A_decimal_survives_the_way_there_and_back() =>
        Gen.Decimal.Sample(value => DecimalText.TryParse(DecimalText.Format(value), out var back) && back == value);

    [Theory]
    [InlineData("press-1", true)]
    [InlineData("a", true)]
    [InlineData("-a", false)]
    [InlineData("a-", false)]
    [InlineData("A", false)]
    [InlineData("a.b", false)]
    [InlineData("", false)]
    public void A_name_is_an_rfc_1123_label(string name, bool valid) => Assert.Equal(valid, Label.IsValid(name));

    [Fact]
    public void A_name_has_at_most_63_characters()
    {
        Assert.True(Label.IsValid(new string('a', 63)));
        Assert.False(Label.IsValid(new string('a', 64)));
    }

    [Theory]
    [InlineData("gitops/v1/f/n/press-1/hint", "press-1", "hint")]
    [InlineData("gitops/v1/f/n/press-1/report", "press-1", "report")]
    public void A_topic_tells_its_node(string topic, string node, string channel) =>
        Assert.Equal((node, channel), Topics.Parse("f", topic));

    [Theory]
    [InlineData("gitops/v1/g/n/press-1/hint")]
    [InlineData("gitops/v1/f/n/+/hint")]
    [InlineData("gitops/v1/f/n/press-1/hint/more")]
    [InlineData("gitops/v1/f/n/press-1/other")]
    public void Any_other_topic_belongs_to_nobody(string topic) => Assert.Null(Topics.Parse("f", topic));

    [Fact]
    public void Lists_compare_by_their_elements()
    {
        EquatableArray<string> left = ["a", "b"];
        Assert.Equal(["a", "b"], left);
        Assert.True(left == new EquatableArray<string>(new List<string> { "a", "b" }));
        Assert.True(default(EquatableArray<string>) == (EquatableArray<string>)[]);
        Assert.NotEqual(left, ["b", "a"]);
    }

    [Fact]
    public void A_text_that_is_a_number_becomes_one_where_the_property_is_numeric()
    {
        Assert.Equal(new DeviceValue.Number(1.5m), new DeviceValue.Text("1.5").As(DeviceValueType.Float32));
        Assert.Null(new DeviceValue.Text("1.5").As(DeviceValueType.Int32));
        Assert.Equal(new DeviceValue.Text("1.5"), new DeviceValue.Text("1.5").As(DeviceValueType.String));
        Assert.Null(new DeviceValue.Boolean(true).As(DeviceValueType.UInt16));
    }
}
