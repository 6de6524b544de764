using System.Text.Json;
using GitOps.Platform.Text;

namespace GitOps.Platform.Tests.Text;

public sealed class YamlTextTests
{
    [Theory]
    [InlineData("""{"a":1,"b":"text","c":true,"d":null}""", "a: 1\nb: text\nc: true\nd: null\n")]
    [InlineData("""{"a":[],"b":{},"c":""}""", "a: []\nb: {}\nc: \"\"\n")]
    [InlineData("""{"a":[1,"x"],"b":{"c":{"d":2}}}""", "a:\n- 1\n- x\nb:\n  c:\n    d: 2\n")]
    [InlineData("""[{"a":1,"b":[2]},{"a":3}]""", "- a: 1\n  b:\n  - 2\n- a: 3\n")]
    [InlineData("""[[1,2],[3]]""", "- - 1\n  - 2\n- - 3\n")]
    public void Structure_becomes_indentation(string json, string yaml) => Assert.Equal(yaml, Write(json));

    [Theory]
    [InlineData("no")]
    [InlineData("12:30")]
    [InlineData("010")]
    [InlineData("1e3")]
    [InlineData("- a")]
    [InlineData("a: b")]
    [InlineData(" a")]
    [InlineData("{{ x }}")]
    [InlineData("null")]
    public void A_text_that_would_read_as_something_else_is_quoted(string text) =>
        Assert.Equal($"a: \"{text}\"\n", Write($$"""{"a":"{{text}}"}"""));

    [Fact]
    public void A_line_break_stays_one() => Assert.Equal("a: \"x\\ny\"\n", Write("""{"a":"x\ny"}"""));

    private static string Write(string json)
    {
        using var document = JsonDocument.Parse(json);
        return YamlText.Of(document.RootElement);
    }
}
