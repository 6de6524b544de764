using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Storage.Replicas;

public sealed class ReplicaIdTests
{
    /// <summary>Of a certificate with this SHA-256, as <c>syncthing --device-id</c> of version 1.19 prints it.</summary>
    private const string Id = "NNJIOTN-IRJPI6O-FLNZZUR-BMPZE6H-4JTOHEX-NKOM2IU-JBJQYEZ-ECPIRQP";

    private static readonly byte[] Hash = Convert.FromHexString("6b52874da88a5e8f156dce6910b1f927b899b8e4bb54e669090a618264827a23");

    [Fact]
    public void An_id_is_what_Syncthing_makes_of_a_certificate() => Assert.Equal(Id, ReplicaId.Of(Hash));

    [Theory]
    [InlineData(Id, true)]
    [InlineData("NNJIOTN-IRJPI6O-FLNZZUR-BMPZE6H-4JTOHEX-NKOM2IU-JBJQYEZ-ECPIRQQ", false)] // a check digit
    [InlineData("NNJIOTM-IRJPI6O-FLNZZUR-BMPZE6H-4JTOHEX-NKOM2IU-JBJQYEZ-ECPIRQP", false)] // a digit
    [InlineData("NNJIOTN-IRJPI6O-FLNZZUR-BMPZE6H-4JTOHEX-NKOM2IU-JBJQYEZ", false)]
    [InlineData("nnjiotn-irjpi6o-flnzzur-bmpze6h-4jtohex-nkom2iu-jbjqyez-ecpirqp", false)]
    [InlineData("NNJIOTNIRJPI6OFLNZZURBMPZE6H4JTOHEXNKOM2IUJBJQYEZECPIRQP", false)]
    [InlineData("", false)]
    public void An_id_is_checked_by_its_digits(string text, bool isValid) => Assert.Equal(isValid, ReplicaId.IsValid(text));
}
