using System.Security.Cryptography;
using System.Text;
using CsCheck;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

public sealed class SealedSecretsTests
{
    private const string Fleet = "fleet-1";

    [Fact]
    public void A_hole_names_a_file_or_is_sealed_and_never_both()
    {
        var text = Encoding.UTF8.GetString(SealedSamples.Bundle.ToBytes());
        var hole = $$"""{"key":"password","sealed":true,"secret":"db","version":"{{SealedSamples.Version}}"}""";
        Assert.Contains(hole, text, StringComparison.Ordinal);
        Assert.Equal([SealedSamples.Version], SealedSamples.Bundle.SealedVersions());
        Assert.Empty(Samples.Bundle.SealedVersions());
        foreach (var wrong in new[] { "\"sealed\":false", "\"sealed\":\"true\"", "\"sealed\":true,\"file\":\"/x\"" })
        {
            Assert.IsType<BundleReading.Refused>(BundleJson.Read(Encoding.UTF8.GetBytes(text.Replace("\"sealed\":true", wrong, StringComparison.Ordinal))));
        }
    }

    [Fact]
    public void Only_what_is_signed_for_this_node_of_this_fleet_is_read()
    {
        using var signer = new EcdsaSigner(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        using var other = new EcdsaSigner(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        var bytes = SealedSamples.Of(Fleet).Sign(signer).ToBytes();
        Assert.Equal(SealedSamples.Of(Fleet), SealedSecrets.TryRead(bytes, Fleet, "press-1", [signer.Key]));
        Assert.Null(SealedSecrets.TryRead(bytes, Fleet, "press-2", [signer.Key]));
        Assert.Null(SealedSecrets.TryRead(bytes, "fleet-2", "press-1", [signer.Key]));
        Assert.Null(SealedSecrets.TryRead(bytes, Fleet, "press-1", [other.Key]));
        Assert.Null(SealedSecrets.TryRead(bytes.AsSpan(1), Fleet, "press-1", [signer.Key]));
    }

    [Fact]
    public void Values_come_back_as_they_were() =>
        Gen.Dictionary(Gen.String[Gen.Char.AlphaNumeric, 1, 10], Gen.String[Gen.Char[' ', '\uD7FF'], 0, 20])[0, 5].Sample(values =>
            SecretValues.TryRead(SecretValues.Write(values)) is { } read && read.Count == values.Count && values.All(value => read[value.Key] == value.Value));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":{\"b\":\"c\"}}")]
    [InlineData("{\"a\":\"b\",\"a\":\"c\"}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    public void What_is_no_object_of_texts_holds_no_values(string text) => Assert.Null(SecretValues.TryRead(Encoding.UTF8.GetBytes(text)));
}
