using System.Security.Cryptography;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Store;
using GitOps.ControlPlane.Trust;
using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.ControlPlane.Tests.Trust;

/// <summary>Root keys that are kept apart: what people sign is judged as nodes judge it before it is published.</summary>
public sealed class RootPublishingTests : IDisposable
{
    private const string Fleet = "fleet-1";
    private readonly TempDirectory _directory = new();
    private readonly EcdsaSigner _ada = NewSigner();
    private readonly EcdsaSigner _bob = NewSigner();
    private readonly DataDirectory _data;
    private readonly FleetAuthority _authority;

    public RootPublishingTests()
    {
        _data = new DataDirectory(_directory["data"]);
        FleetPin.Keep(DiskFileLayer.Host, _data, Fleet);
        _authority = FleetAuthority.Open(DiskFileLayer.Host, _data, TimeProvider.System);
        using var trust = Start();
    }

    public void Dispose()
    {
        _ada.Dispose();
        _bob.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_team_takes_the_root_key_offline_and_the_control_plane_runs_without_it()
    {
        var first = Published();
        Assert.Equal(2, Assert.IsType<RootPublished.Done>(Publish(Offline(), Online(), _ada, _bob)).Version);
        Assert.IsType<RootReading.Trusted>(first.ReadNext(File.ReadAllBytes(_data.Root)));
        File.Delete(TrustStore.RootKeyPath(_data.Keys));

        using var trust = Start();
        Assert.False(trust.CanSignRoots);
        Assert.Equal(2, trust.Root.Version);
        Assert.False(File.Exists(TrustStore.RootKeyPath(_data.Keys))); // and makes none
    }

    [Fact]
    public void The_key_that_is_left_over_is_named()
    {
        var done = Assert.IsType<RootPublished.Done>(Publish(Offline(), Online(), _ada, _bob));
        Assert.Equal(TrustStore.RootKeyPath(_data.Keys), done.LeftOver);
    }

    [Fact]
    public void A_root_that_nodes_would_not_follow_is_not_published()
    {
        Assert.Equal("PUB172", Refused(Offline(), _ada, _bob)); // root 1 does not stand behind it
        Assert.Equal("PUB172", Refused(Offline(), Online(), _ada)); // one of its own is missing
        Assert.Equal("PUB172", Refused(Offline() with { Version = 3 }, Online(), _ada, _bob));
        Assert.Equal("PUB172", Refused(Offline() with { Fleet = "another" }, Online(), _ada, _bob));
        Assert.Equal(1, Published().Version);
    }

    [Fact]
    public void A_root_that_does_not_name_what_the_control_plane_uses_is_not_published()
    {
        Assert.Equal("PUB173", Refused(Offline() with { PublicationKeys = [_ada.Key] }, Online(), _ada, _bob));
        using var other = new TempDirectory();
        var stranger = FleetAuthority.Open(DiskFileLayer.Host, new DataDirectory(other.Path), TimeProvider.System).CertificatePem;
        Assert.Equal("PUB173", Refused(Offline() with { Authorities = [stranger] }, Online(), _ada, _bob));
    }

    [Fact]
    public void What_the_control_plane_cannot_sign_it_does_not_sign()
    {
        Publish(Offline(), Online(), _ada, _bob);
        File.Delete(TrustStore.PublicationKeyPath(_data.Keys));
        Assert.Equal("PUB033", Assert.IsType<TrustOpening.Refused>(Open(Store())).Problem.Code);

        // With the online key still there: it is none of the root's any more.
        Assert.True(File.Exists(TrustStore.RootKeyPath(_data.Keys)));
        Assert.Equal(2, Published().Version);
    }

    [Fact]
    public void A_rotation_that_was_cut_off_is_finished_at_the_next_start()
    {
        var waiting = TrustStore.NextPublicationKeyPath(_data.Keys);
        var key = _directory["publication.key"];
        using (var made = GitOps.Platform.Tls.SigningKey.Create())
        {
            made.Save(DiskFileLayer.Host, key);
        }

        var next = Offline() with { PublicationKeys = [RootFiles.ReadPublic(DiskFileLayer.Host, key)] };
        File.Copy(key, waiting); // cut off before the root was there: the old key goes on
        using (var trust = Start())
        {
            Assert.Equal(1, trust.Root.Version);
        }

        var file = Write(next, Online(), _ada, _bob);
        Assert.IsType<RootPublished.Done>(RootPublishing.Publish(DiskFileLayer.Host, _data, file, key));
        File.Move(TrustStore.PublicationKeyPath(_data.Keys), waiting); // cut off right after it
        using (var trust = Start())
        {
            Assert.Equal(next.PublicationKeys[0], trust.Signer.Key);
        }

        Assert.IsType<RootPublished.Done>(RootPublishing.Publish(DiskFileLayer.Host, _data, file, key)); // and again: nothing more happens
        Assert.Equal(2, Published().Version);
    }

    [Fact]
    public void After_a_rotation_nodes_are_pointed_at_the_same_by_the_new_key()
    {
        var store = Store();
        var bundle = Bundle.Of([]).ToBytes();
        Pointer[] pointers;
        using (var trust = Start(store))
        {
            pointers = [.. Publication.Sign(Fleet, 5, "0123456789abcdef", [new PublicationEntry("n1", Digest.Of(bundle), bundle.Length)], trust.Signer)];
            var head = new HeadStatement { Fleet = Fleet, Generation = 5, Time = default, ValidUntil = default }.Sign(trust.Signer);
            store.Publish([new NewBlob(Digest.Of(bundle), bundle)], pointers, head, "0123456789abcdef", TimeProvider.System.GetUtcNow());
        }

        File.Delete(TrustStore.PublicationKeyPath(_data.Keys));
        var before = store.Find(StorePaths.Pointer(Fleet, "n1"))!;
        using var rotated = Start(store); // makes another key, and the online root key signs for it
        var after = store.Find(StorePaths.Pointer(Fleet, "n1"))!;

        Assert.NotEqual(before.ETag, after.ETag); // who asks whether it is still that is told
        var context = new PointerContext(Fleet, "n1", rotated.Root.PublicationKeys, SeenGeneration: 5, Digest.Of(bundle));
        Assert.IsType<PointerVerdict.Known>(PointerCheck.Check(after.Read(), context));
        Assert.IsType<PointerVerdict.Accepted>(PointerCheck.Check(after.Read(), context with { SeenGeneration = 0, SeenBundle = null }));

        // For good.
        Assert.Equal(after.Read(), Store().Find(StorePaths.Pointer(Fleet, "n1"))!.Read());
    }

    [Fact]
    public void Another_authority_takes_over_when_the_root_names_it_and_what_the_old_one_issued_stays_known()
    {
        var issued = _authority.Issue(ca => ca.IssueNode("n1", Fleet, TimeSpan.FromDays(1))).Record.Serial;
        _authority.Retire("n1", Withdrawal.Revoked, "stolen");
        var certificate = AuthorityRollover.Prepare(DiskFileLayer.Host, _data, TimeProvider.System);
        Assert.Equal(certificate, AuthorityRollover.Prepare(DiskFileLayer.Host, _data, TimeProvider.System));
        Assert.Equal("PUB173", AuthorityRollover.Switch(DiskFileLayer.Host, _data)!.Code); // no node knows it yet

        var pem = File.ReadAllText(certificate);
        Assert.IsType<RootPublished.Done>(Publish(Assert.IsType<DraftEdit.Edited>(RootDraft.AddAuthority(RootDraft.After(Published()), pem)).Root, Online()));
        Assert.Null(AuthorityRollover.Switch(DiskFileLayer.Host, _data));

        var next = FleetAuthority.Open(DiskFileLayer.Host, _data, TimeProvider.System);
        Assert.Equal(pem, next.CertificatePem);
        Assert.Contains(next.Issued(), record => record.Serial == issued);
        Assert.NotNull(next.Withdrawals.Find(issued));
        using var trust = Assert.IsType<TrustOpening.Opened>(TrustStore.Open(DiskFileLayer.Host, _data.Keys, Store(), [next.CertificatePem])).Trust;
        Assert.Equal(2, trust.Root.Version); // both are named: nothing has to change
    }

    [Fact]
    public void A_root_that_nobody_could_follow_is_not_put_together()
    {
        var root = Published();
        Assert.IsType<DraftEdit.Refused>(RootDraft.RemoveKey(root, root.RootKeys[0].Keyid));
        Assert.IsType<DraftEdit.Refused>(RootDraft.SetThreshold(root, 2));
        Assert.IsType<DraftEdit.Refused>(RootDraft.SetThreshold(root, 0));
        Assert.IsType<DraftEdit.Refused>(RootDraft.RemoveAuthority(root, RootDraft.Fingerprint(root.Authorities[0])!));
        Assert.IsType<DraftEdit.Refused>(RootDraft.AddAuthority(root, root.Authorities[0]));
        Assert.IsType<DraftEdit.Refused>(RootDraft.AddAuthority(root, "no certificate"));
        Assert.IsType<DraftEdit.Refused>(RootDraft.AddKey(root, root.RootKeys[0]));
    }

    private static EcdsaSigner NewSigner() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    private RootStatement Offline() => RootDraft.After(Published()) with { RootKeys = [_ada.Key, _bob.Key], Threshold = 2 };

    private KeyFile Online() => new(TrustStore.RootKeyPath(_data.Keys));

    private string Write(RootStatement root, params ISigner[] signers)
    {
        var path = _directory["next.root"];
        File.WriteAllBytes(path, root.Sign(signers).ToBytes());
        return path;
    }

    private RootPublished Publish(RootStatement root, params ISigner[] signers) => RootPublishing.Publish(DiskFileLayer.Host, _data, Write(root, signers), publicationKey: null);

    private string Refused(RootStatement root, params ISigner[] signers) => Assert.IsType<RootPublished.Refused>(Publish(root, signers)).Problem.Code;

    private RootStatement Published() => Assert.IsType<RootReading.Trusted>(RootStatement.ReadFirst(Store().Root(Store().LatestRoot))).Root;

    private ContentStore Store() => Assert.IsType<StoreOpening.Opened>(ContentStore.Open(DiskFileLayer.Host, _data.Store, Fleet)).Store;

    private TrustOpening Open(ContentStore store) => TrustStore.Open(DiskFileLayer.Host, _data.Keys, store, [_authority.CertificatePem]);

    /// <summary>What a start of the control plane does.</summary>
    private TrustStore Start(ContentStore? store = null)
    {
        var trust = Assert.IsType<TrustOpening.Opened>(Open(store ?? Store())).Trust;
        File.WriteAllBytes(_data.Root, trust.RootJson);
        return trust;
    }
}

/// <summary>The key beside the control plane.</summary>
internal sealed class KeyFile(string path) : ISigner
{
    public TrustedKey Key => RootFiles.ReadPublic(DiskFileLayer.Host, path);

    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        using var key = GitOps.Platform.Tls.SigningKey.Load(DiskFileLayer.Host, path);
        return key.Sign(data);
    }
}
