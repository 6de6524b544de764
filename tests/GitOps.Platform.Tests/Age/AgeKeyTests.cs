using CsCheck;
using GitOps.Platform.Age;

namespace GitOps.Platform.Tests.Age;

public sealed class AgeKeyTests
{
    // The private key of the specification's own example is nobody's.
    private const string Example = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
    private const string ExampleRecipient = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

    [Fact]
    public void A_recipient_follows_from_its_identity() =>
        Assert.Equal(ExampleRecipient, AgeIdentity.TryParse(Example)!.Recipient.ToString());

    [Fact]
    public void A_file_of_age_keygen_is_an_identity() =>
        Assert.Equal(Example, AgeIdentity.TryParse($"# created: 2026-11-30T00:00:00Z\n# public key: {ExampleRecipient}\n\n{Example}\n")!.ToSecretText());

    [Fact]
    public void What_is_written_is_read_back()
    {
        var identity = AgeIdentity.Generate();
        Assert.Equal(identity.Recipient, AgeIdentity.TryParse(identity.ToSecretText())!.Recipient);
        Assert.Equal(identity.Recipient, AgeRecipient.TryParse(identity.Recipient.ToString()));
    }

    [Fact]
    public void Nothing_prints_an_identity_by_accident() => Assert.DoesNotContain("SECRET", $"{AgeIdentity.Generate()}", StringComparison.OrdinalIgnoreCase);

    [Theory]
    [InlineData("")]
    [InlineData("age1")]
    [InlineData("AGE1T7RXYEV2Z3RW82STDLRREPYC39NVN86L5078ZQKF5UASDY86JP6SVPY7PA")]
    [InlineData("age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pb")]
    [InlineData("age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa ")]
    [InlineData("Age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa")]
    [InlineData("agf1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa")]
    public void What_is_no_recipient_is_none(string text) => Assert.Null(AgeRecipient.TryParse(text));

    /// <summary>All points of Curve25519 and its twist whose order divides eight, in each of their forms: the last bit counts for nothing.</summary>
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void A_point_that_no_secret_can_be_shared_with_is_no_recipient(string hex)
    {
        var point = Convert.FromHexString(hex);
        Assert.Null(AgeRecipient.TryParse(new AgeRecipient(point).ToString()));
        point[^1] |= 0x80;
        Assert.Null(AgeRecipient.TryParse(new AgeRecipient(point).ToString()));
    }

    [Theory]
    [InlineData(Example + "\n" + Example)]
    [InlineData("# nothing")]
    [InlineData(ExampleRecipient)]
    [InlineData("age-secret-key-1gq9778vqxmmjve8sk7j6vt8uj4hdqajuvsfcwcm02d8gewq72pvq2y5j33")]
    public void What_is_no_identity_is_none(string text) => Assert.Null(AgeIdentity.TryParse(text));

    [Fact]
    public void Any_single_change_of_a_recipient_is_noticed() =>
        Gen.Select(Gen.Int[4, ExampleRecipient.Length - 1], Gen.Char["qpzry9x8gf2tvdw0s3jn54khce6mua7l"]).Sample((at, other) =>
            ExampleRecipient[at] == other || AgeRecipient.TryParse(ExampleRecipient[..at] + other + ExampleRecipient[(at + 1)..]) is null);
}
