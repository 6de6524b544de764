using GitOps.ControlPlane.Identity;

namespace GitOps.ControlPlane.Tests.Identity;

public sealed class WithdrawnCertificatesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);
    private static readonly (string, string, DateTimeOffset) First = ("a1", "press-1", Now.AddDays(30));
    private static readonly (string, string, DateTimeOffset) Second = ("b2", "press-2", Now.AddDays(60));

    [Fact]
    public void What_was_withdrawn_stays_so_and_what_is_written_is_what_is_read()
    {
        var withdrawn = WithdrawnCertificates.None
            .Withdraw([First], Withdrawal.Retired, "leaves", Now)
            .Withdraw([Second], Withdrawal.Revoked, "replaced", Now)
            .Remove("press-1");

        Assert.Equal(["a1", "b2"], withdrawn.Certificates.Select(c => c.Serial));
        Assert.Equal(withdrawn, WithdrawnCertificates.Read("withdrawn.json", withdrawn.ToBytes()));
    }

    [Fact]
    public void A_retired_certificate_can_be_revoked_and_a_revoked_one_is_never_less()
    {
        var revoked = WithdrawnCertificates.None
            .Withdraw([First], Withdrawal.Retired, "leaves", Now)
            .Withdraw([First], Withdrawal.Revoked, "has left", Now.AddDays(1));
        Assert.Equal(Withdrawal.Revoked, Assert.Single(revoked.Certificates).State);

        var again = revoked.Withdraw([First], Withdrawal.Retired, "leaves again", Now.AddDays(2));
        Assert.Equal(revoked, again);
    }

    [Fact]
    public void What_expired_is_forgotten_so_that_the_file_does_not_grow_for_ever()
    {
        var later = WithdrawnCertificates.None
            .Withdraw([First], Withdrawal.Revoked, "replaced", Now)
            .Withdraw([Second, First], Withdrawal.Revoked, "replaced", Now.AddDays(31));

        Assert.Equal(["b2"], later.Certificates.Select(c => c.Serial));
    }

    [Fact]
    public void A_damaged_file_is_said_to_be_one() =>
        Assert.Throws<InvalidDataException>(() => WithdrawnCertificates.Read("withdrawn.json", "{\"format\":1}"u8));
}
