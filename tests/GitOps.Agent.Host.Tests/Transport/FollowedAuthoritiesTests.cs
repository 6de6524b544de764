using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using GitOps.Agent.Host.Transport;
using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Platform.Tls;
using GitOps.TestKit.Files;

namespace GitOps.Agent.Host.Tests.Transport;

public sealed class FollowedAuthoritiesTests : IDisposable
{
    private readonly EcdsaSigner _signer = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private readonly X509Certificate2 _old = Authority("old");
    private readonly X509Certificate2 _next = Authority("next");
    private readonly X509Certificate2 _own = Authority("put there by a person");

    public void Dispose() => _signer.Dispose();

    [Fact]
    public void The_followed_root_says_which_authorities_count_and_those_of_a_person_count_on()
    {
        string? kept = null;
        var authorities = new FollowedAuthorities([_old, _own], new NodeIdentity("f", "n", Root(1, _old)), () => kept);
        Assert.Equal(Names(_old, _own), Names(authorities.Current()));

        kept = Text(Root(2, _old, _next));
        Assert.Equal(Names(_next, _old, _own), Names(authorities.Current()));

        kept = Text(Root(3, _next));
        Assert.Equal(Names(_next, _own), Names(authorities.Current()));
        Assert.Same(authorities.Current(), authorities.Current());
    }

    [Fact]
    public void A_root_without_an_authority_that_can_be_read_cuts_nobody_off()
    {
        var broken = Text(Root(2) with { Authorities = ["-----BEGIN CERTIFICATE-----"] });
        Assert.Equal(Names(_old), Names(new FollowedAuthorities([_old], new NodeIdentity("f", "n", Root(1, _old)), () => broken).Current()));
    }

    private static X509Certificate2 Authority(string name)
    {
        using var authority = CertificateAuthority.OpenOrCreate(new MemoryFileLayer(), "/ca", name, TimeSpan.FromDays(1), TimeProvider.System);
        return X509Certificate2.CreateFromPem(authority.CertificatePem);
    }

    private static IEnumerable<string> Names(params IEnumerable<X509Certificate2> certificates) => certificates.Select(one => one.Subject).Order(StringComparer.Ordinal);

    private string Text(RootStatement root) => Encoding.UTF8.GetString(root.Sign(_signer).ToBytes());

    private RootStatement Root(long version, params X509Certificate2[] authorities) => new()
    {
        Fleet = "f",
        Version = version,
        Threshold = 1,
        RootKeys = [_signer.Key],
        PublicationKeys = [_signer.Key],
        Authorities = authorities.Select(one => one.ExportCertificatePem() + "\n").ToEquatableArray(),
    };
}
