using System.Text;
using CsCheck;
using GitOps.Platform.Age;

namespace GitOps.Platform.Tests.Age;

public sealed class AgeFileTests
{
    private const int Chunk = 64 << 10;
    private static readonly AgeIdentity Ours = AgeIdentity.Generate();
    private static readonly AgeIdentity Theirs = AgeIdentity.Generate();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Chunk - 1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 1)]
    [InlineData(3 * Chunk)]
    public void What_is_sealed_opens_for_each_recipient(int length)
    {
        var plaintext = Enumerable.Range(0, length).Select(i => (byte)(i * 7)).ToArray();
        var file = AgeFile.Seal(plaintext, [Theirs.Recipient, Ours.Recipient]);
        Assert.Null(AgeFile.WhyNot(file));
        Assert.Equal(plaintext, Assert.IsType<AgeOpening.Opened>(AgeFile.Open(file, Ours)).Plaintext());
        Assert.Equal(plaintext, Assert.IsType<AgeOpening.Opened>(AgeFile.Open(Encoding.ASCII.GetBytes(AgeArmor.Encode(file)), Theirs)).Plaintext());
        Assert.IsType<AgeOpening.ForOthers>(AgeFile.Open(file, AgeIdentity.Generate()));
        Assert.IsType<AgeOpening.ForOthers>(AgeFile.Open(file));
    }

    [Fact]
    public void The_same_text_is_sealed_to_other_bytes_each_time() =>
        Assert.NotEqual(AgeFile.Seal("x"u8, [Ours.Recipient]), AgeFile.Seal("x"u8, [Ours.Recipient]));

    [Fact]
    public void Nothing_prints_what_was_opened() =>
        Assert.DoesNotContain("hidden", AgeFile.Open(AgeFile.Seal("hidden"u8, [Ours.Recipient]), Ours).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Any_changed_byte_is_noticed()
    {
        var file = AgeFile.Seal("a secret of some length"u8, [Ours.Recipient]);
        Gen.Select(Gen.Int[0, file.Length - 1], Gen.Byte[1, 255]).Sample((at, difference) =>
        {
            var changed = file.ToArray();
            changed[at] ^= difference;
            return AgeFile.Open(changed, Ours) is not AgeOpening.Opened;
        });
    }

    [Fact]
    public void What_is_cut_or_longer_does_not_open()
    {
        var file = AgeFile.Seal(new byte[Chunk + 10], [Ours.Recipient]);
        var ends = Enumerable.Range(0, 400).Append(file.Length - 26).Append(file.Length - 27).Append(file.Length - 1); // 26: the last chunk
        Assert.All(ends, end => Assert.IsNotType<AgeOpening.Opened>(AgeFile.Open(file.AsSpan(0, end), Ours)));
        Assert.IsNotType<AgeOpening.Opened>(AgeFile.Open([.. file, 0], Ours));
        Assert.IsNotType<AgeOpening.Opened>(AgeFile.Open([.. file, .. new byte[16]], Ours));
    }

    [Fact]
    public void Any_bytes_are_answered_without_a_throw() =>
        Gen.Byte.Array[0, 300].Sample(bytes =>
        {
            byte[][] files = [bytes, [.. "age-encryption.org/v1\n-> X25519 "u8, .. bytes], [.. "-----BEGIN AGE ENCRYPTED FILE-----\n"u8, .. bytes]];
            return files.All(file => AgeFile.Open(file, Ours) is AgeOpening.Malformed && AgeFile.WhyNot(file) is not null);
        });

    [Fact]
    public void A_stanza_of_another_type_is_passed_over()
    {
        var header = Encoding.ASCII.GetString(AgeFile.Seal("x"u8, [Ours.Recipient]));
        var others = "age-encryption.org/v1\n-> piv-p256 abcd efgh\nAAAA\n" + header[(header.IndexOf("--- ", StringComparison.Ordinal))..];
        Assert.IsType<AgeOpening.ForOthers>(AgeFile.Open(Encoding.Latin1.GetBytes(others + new string('\0', 64)), Ours));
    }

    [Theory]
    [InlineData("-> X25519\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "one argument")]
    [InlineData("-> X25519 AAAA\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "not 32 bytes")]
    [InlineData("-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nAAAA", "not 32 bytes")]
    [InlineData("-> X25519  AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nAAAA", "malformed")]
    [InlineData("->X25519 AAAA\nAAAA", "malformed")]
    [InlineData("-> other\nAAAB=", "malformed")]
    [InlineData("-> other\nAB", "malformed")]
    [InlineData("-> other\nAAAA\r", "malformed")]
    [InlineData("", "malformed")]
    public void A_header_has_one_form(string stanza, string because)
    {
        var file = $"age-encryption.org/v1\n{stanza}\n--- {new string('A', 43)}\n{new string('x', 64)}";
        Assert.Contains(because, AgeFile.WhyNot(Encoding.ASCII.GetBytes(file)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_share_that_forces_the_key_opens_nothing()
    {
        var file = $"age-encryption.org/v1\n-> X25519 {new string('A', 43)}\n{new string('A', 43)}\n--- {new string('A', 43)}\n{new string('x', 64)}";
        Assert.IsType<AgeOpening.ForOthers>(AgeFile.Open(Encoding.ASCII.GetBytes(file), Ours));
    }

    [Fact]
    public void A_file_for_more_than_1024_is_not_read()
    {
        var stanzas = string.Concat(Enumerable.Repeat("-> other\n\n", 1025));
        Assert.Contains("1024 recipients", AgeFile.WhyNot(Encoding.ASCII.GetBytes($"age-encryption.org/v1\n{stanzas}--- A\n")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n", "\n", true)]
    [InlineData(" \n", "\n \n", true)]
    [InlineData("", "", true)]
    [InlineData("x", "", false)]
    [InlineData("", "\nx", false)]
    public void Armor_has_one_form_within_white_space(string before, string after, bool reads)
    {
        var armor = before + AgeArmor.Encode(new byte[100]).TrimEnd() + after;
        Assert.Equal(reads, AgeArmor.TryDecode(Encoding.ASCII.GetBytes(armor)) is not null);
        Assert.Equal(reads, AgeArmor.TryDecode(Encoding.ASCII.GetBytes(armor.ReplaceLineEndings("\r\n"))) is not null);
    }

    [Theory]
    [InlineData("AAAA", true)]
    [InlineData("AAA=", true)]
    [InlineData("AAB=", false)]
    [InlineData("AAA", false)]
    [InlineData("AA\nAA", false)]
    [InlineData("AA AA", false)]
    [InlineData("", false)]
    public void Armor_is_canonical_base64(string body, bool reads) =>
        Assert.Equal(reads, AgeArmor.TryDecode(Encoding.ASCII.GetBytes($"-----BEGIN AGE ENCRYPTED FILE-----\n{body}\n-----END AGE ENCRYPTED FILE-----\n")) is not null);
}
