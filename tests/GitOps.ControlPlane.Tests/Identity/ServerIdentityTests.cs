using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;
using GitOps.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.ControlPlane.Tests.Identity;

public sealed class ServerIdentityTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 10, 0, 0, TimeSpan.Zero));
    private readonly DataDirectory _data;
    private readonly FleetAuthority _authority;

    public ServerIdentityTests()
    {
        _data = new DataDirectory(_directory["data"]);
        _authority = FleetAuthority.Open(DiskFileLayer.Host, _data, _time);
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public void The_certificate_is_good_for_every_configured_name(string name)
    {
        var verifier = new PeerVerifier([_authority.Certificate], PeerRole.Server, _time.GetUtcNow);

        Assert.IsType<PeerVerdict.Accepted>(verifier.Verify(Open("localhost", "127.0.0.1").Certificate, name: name));
    }

    [Fact]
    public void A_restart_keeps_the_certificate() =>
        Assert.Equal(Open("localhost").Certificate.SerialNumber, Open("localhost").Certificate.SerialNumber);

    [Fact]
    public void Other_names_in_the_settings_give_another_certificate() =>
        Assert.NotEqual(Open("localhost").Certificate.SerialNumber, Open("localhost", "gitops.example").Certificate.SerialNumber);

    [Fact]
    public void A_running_server_renews_before_the_end()
    {
        var identity = Open("localhost");
        var first = identity.Certificate;

        _time.Advance(TimeSpan.FromDays(59));
        Assert.Equal(first.SerialNumber, identity.Certificate.SerialNumber);
        _time.Advance(TimeSpan.FromDays(2));
        Assert.NotEqual(first.SerialNumber, identity.Certificate.SerialNumber);
        Assert.Equal(identity.Certificate.SerialNumber, Open("localhost").Certificate.SerialNumber);
    }

    [Fact]
    public void A_key_torn_from_its_certificate_by_a_crash_is_replaced()
    {
        var first = Open("localhost").Certificate.SerialNumber;
        using (var key = SigningKey.Create())
        {
            key.Save(DiskFileLayer.Host, _data.ServerKey);
        }

        Assert.NotEqual(first, Open("localhost").Certificate.SerialNumber);
    }

    private ServerIdentity Open(params string[] names) =>
        ServerIdentity.Open(_authority, DiskFileLayer.Host, _data, names, _time);
}
