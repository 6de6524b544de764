using System.Text;
using GitOps.Agent.Host.Support;

namespace GitOps.Agent.Host.Tests.Support;

public sealed class RedactorTests
{
    private readonly Redactor _redactor = new(["correct \"horse\" battery\n", "line one of a key\nline two of a key\n"]);

    [Theory]
    [InlineData("it said correct \"horse\" battery.")]
    [InlineData("""{"a":"correct \u0022horse\u0022 battery"}""")]
    [InlineData("and line two of a key")]
    public void A_known_value_is_taken_out_in_every_form(string text)
    {
        Assert.DoesNotContain("horse", _redactor.Clean(text), StringComparison.Ordinal);
        Assert.DoesNotContain("line two", _redactor.Clean(text), StringComparison.Ordinal);
        Assert.Contains(Redactor.Mask, _redactor.Clean(text), StringComparison.Ordinal);
    }

    [Fact]
    public void A_known_value_is_taken_out_in_base64() => Assert.Equal(
        $"x {Redactor.Mask} y", _redactor.Clean($"x {Convert.ToBase64String(Encoding.UTF8.GetBytes("correct \"horse\" battery"))} y"));

    [Theory]
    [InlineData("password=abc", "password=[taken out]")]
    [InlineData("DB_PASSWORD: abc def\nnext", "DB_PASSWORD: [taken out]\nnext")]
    [InlineData("""{"api_token": "abc", "x": 1}""", """{"api_token": "[taken out]", "x": 1}""")]
    [InlineData("Authorization: Bearer abc", "Authorization: [taken out]")]
    [InlineData("GET /?token=abc&x=1", "GET /?token=[taken out]&x=1")]
    [InlineData("the password is wrong, says the server", "the password is wrong, says the server")]
    [InlineData("a=1, token=b, secret=c", "a=1, token=[taken out], secret=[taken out]")]
    public void What_stands_behind_a_telling_word_is_taken_out(string text, string expected) => Assert.Equal(expected, _redactor.Clean(text));

    [Fact]
    public void Private_keys_are_taken_out_and_certificates_stay()
    {
        const string Certificate = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n";
        var clean = _redactor.Clean($"{Certificate}-----BEGIN EC PRIVATE KEY-----\nhush\n-----END EC PRIVATE KEY-----\nafter");
        Assert.Equal($"{Certificate}{Redactor.Mask}\nafter", clean);
    }
}
