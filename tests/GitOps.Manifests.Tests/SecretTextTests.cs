using System.Text;
using GitOps.Bundles.Publications;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.Tests;

public sealed class SecretTextTests
{
    [Theory]
    [InlineData("hunter2", "hunter2")]
    [InlineData("hunter2\n", "hunter2")]
    [InlineData("hunter2\r\n", "hunter2")]
    [InlineData("two\n\n", "two\n")]
    [InlineData("{\"value\":\"x\\n\"}", "x\n")]
    [InlineData("{\"other\":\"x\"}", "{\"other\":\"x\"}")]
    public void One_value_is_the_text_but_for_a_final_line_break(string text, string value) =>
        Assert.Equal([KeyValuePair.Create("value", value)], SecretValues.TryRead(SecretText.Read([], Encoding.UTF8.GetBytes(text)).Values)!);

    [Fact]
    public void Keys_are_those_that_were_promised_and_others_beside_them() => Assert.Equal(
        [KeyValuePair.Create("password", "x: y"), KeyValuePair.Create("port", "5432")],
        SecretValues.TryRead(SecretText.Read(["password"], "password: \"x: y\"\nport: 5432\n"u8.ToArray()).Values)!);

    [Theory]
    [InlineData("hunter2", "no mapping")]
    [InlineData("{}", "no mapping")]
    [InlineData("user: hunter2", "the key 'password'")]
    [InlineData("password: [hunter2]", "more than texts")]
    [InlineData("hunter/2: x", "a key with more than letters")]
    public void What_is_wrong_is_told_without_anything_of_the_secret(string text, string because)
    {
        var (values, wrong) = SecretText.Read(["password"], Encoding.UTF8.GetBytes(text));
        Assert.Null(values);
        Assert.Contains(because, wrong, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter", wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused_and_not_replaced() => Assert.Equal("it is not text in UTF-8", SecretText.Read([], [0x70, 0xff, 0xfe]).Wrong);
}
