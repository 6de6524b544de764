using System.Text;

namespace GitOps.Bundles.Tests;

public sealed class AgentUnitTests
{
    private static readonly string Whole = Encoding.UTF8.GetString(AgentSamples.Bundle.ToBytes());

    [Theory]
    [InlineData("]}", """,{"kind":"of-a-later-release","name":"x","spec":{}}]}""")]
    [InlineData("\"version\"", "\"alsoLater\":[1],\"version\"")]
    [InlineData("\"name\":\"self\"", "\"later\":true,\"name\":\"self\"")]
    public void Whatever_else_is_in_the_bundle_the_agent_is_found(string here, string later)
    {
        var bytes = Encoding.UTF8.GetBytes(Whole.Replace(here, later, StringComparison.Ordinal));
        Assert.IsType<BundleReading.Refused>(BundleJson.Read(bytes));
        Assert.Equal("0.5.0", BundleJson.FindAgent(bytes)?.Version);
    }

    [Theory]
    [InlineData("\"format\":1", "\"format\":2")]
    [InlineData("\"version\":\"0.5.0\"", "\"version\":5")]
    [InlineData("18000000", "0")]
    [InlineData("\"sizeBytes\":18000000", "\"text\":\"x\"")]
    [InlineData("\"kind\":\"agent\"", "\"kind\":\"file\"")]
    [InlineData("{", "[")]
    public void What_names_no_agent_gives_none(string here, string instead) =>
        Assert.Null(BundleJson.FindAgent(Encoding.UTF8.GetBytes(Whole.Replace(here, instead, StringComparison.Ordinal))));

    [Fact]
    public void An_agent_without_exactly_one_blob_is_no_unit() => Assert.All(
        [Whole.Replace("18000000", "0", StringComparison.Ordinal), Whole.Replace("\"self\"", "\"other\"", StringComparison.Ordinal), Whole.Replace("[{\"blob\"", "[{\"text\":\"a\"},{\"blob\"", StringComparison.Ordinal)],
        json => Assert.IsType<BundleReading.Refused>(BundleJson.Read(Encoding.UTF8.GetBytes(json))));
}
