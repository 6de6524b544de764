using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Store;
using GitOps.Platform.Files;
using GitOps.TestKit;
using GitOps.TestKit.Files;

namespace GitOps.ControlPlane.Tests.Store;

public sealed class ContentStoreTests
{
    private static readonly IReadOnlySet<Digest> Nothing = new HashSet<Digest>();
    private static readonly string One = NewAuthority();
    private static readonly string Other = NewAuthority();
    private readonly MemoryFileLayer _disk = new();

    [Fact]
    public void A_node_finds_its_pointer_bundle_and_blobs_also_after_a_restart()
    {
        TestPublications.Publish(TestPublications.Open(_disk), 17, "a", "n1", "n2");
        var again = TestPublications.Open(_disk);
        Assert.Equal(17, TestPublications.FetchAsNode(again, "n1")!.Generation);
        Assert.Equal(17, TestPublications.FetchAsNode(again, "n2")!.Generation);
        Assert.Equal(17, TestPublications.HeadGeneration(again));
        Assert.Equal(17, again.HighestGeneration);
        Assert.Equal("revision a", again.PointerOf("n1")!.Revision);
    }

    [Fact]
    public void A_wave_leaves_the_pointers_of_other_nodes_alone()
    {
        var store = TestPublications.Open(_disk);
        TestPublications.Publish(store, 1, "a", "n1", "n2");
        TestPublications.Publish(store, 2, "b", "n1");
        Assert.Equal(2, TestPublications.FetchAsNode(store, "n1")!.Generation);
        Assert.Equal(1, TestPublications.FetchAsNode(store, "n2")!.Generation);
    }

    [Fact]
    public void An_etag_changes_with_the_bytes_and_only_then()
    {
        var store = TestPublications.Open(_disk);
        TestPublications.Publish(store, 1, "a", "n1", "n2");
        var (first, other) = (Tag(store, "n1"), Tag(store, "n2"));
        TestPublications.Publish(store, 2, "b", "n1");
        Assert.NotEqual(first, Tag(store, "n1"));
        Assert.Equal(other, Tag(store, "n2"));

        static string Tag(ContentStore store, string node) => store.Find(StorePaths.Pointer(TestPublications.Fleet, node))!.ETag;
    }

    [Fact]
    public void Another_nodes_blobs_are_not_named_and_the_bundle_before_still_is()
    {
        var store = TestPublications.Open(_disk);
        TestPublications.Publish(store, 1, "a", "n1", "n2");
        TestPublications.Publish(store, 2, "b", "n1");
        var (own, others) = (Digest.Of(TestPublications.BlobOf("n1 a")), Digest.Of(TestPublications.BlobOf("n2 a")));
        Assert.True(store.Names("n1", own));
        Assert.False(store.Names("n1", others));
        Assert.False(store.Names("nobody", own));
    }

    [Theory]
    [InlineData("v1/other/head")]
    [InlineData("v1/0198c2f0-0000-7000-8000-000000000001/nodes/00/n1")]
    [InlineData("v1/0198c2f0-0000-7000-8000-000000000001/blobs/sha256/ab/../../head")]
    [InlineData("v1/0198c2f0-0000-7000-8000-000000000001/root/-1")]
    [InlineData("")]
    public void A_path_that_is_not_of_this_store_names_nothing(string path)
    {
        var store = TestPublications.Open(_disk);
        TestPublications.Publish(store, 1, "a", "n1");
        Assert.Null(store.Find(path));
    }

    [Fact]
    public void A_publication_costs_two_flushes_and_three_when_a_pack_begins()
    {
        var store = TestPublications.Open(_disk);
        var before = _disk.Flushes.Count;
        TestPublications.Publish(store, 1, "a", "n1", "n2");
        Assert.Equal(3, _disk.Flushes.Count - before);
        TestPublications.Publish(store, 2, "b", "n1", "n2");
        Assert.Equal(5, _disk.Flushes.Count - before);
    }

    [Fact]
    public void A_blob_that_changed_on_disk_is_not_served_and_can_be_stored_again()
    {
        TestPublications.Publish(TestPublications.Open(_disk), 1, "a", "n1");
        const string pack = TestPublications.Directory + "/packs/000001.pack";
        var bytes = _disk.Read(pack, 1 << 20)!;
        bytes[0] ^= 1;
        _disk.Truncate(pack, 0);
        _disk.Append(pack, bytes);

        var store = TestPublications.Open(_disk);
        var first = Digest.Of(TestPublications.BlobOf("n1 a"));
        Assert.Null(store.ReadBlob(first));
        Assert.Equal([first], store.Damaged);
        TestPublications.Publish(store, 2, "a", "n1");
        Assert.Empty(store.Damaged);
        Assert.NotNull(TestPublications.FetchAsNode(store, "n1"));
    }

    [Fact]
    public void A_pack_that_is_gone_makes_its_blobs_missing_and_not_the_store_unreadable()
    {
        TestPublications.Publish(TestPublications.Open(_disk), 1, "a", "n1");
        _disk.Unlink(TestPublications.Directory + "/packs/000001.pack");
        var store = TestPublications.Open(_disk);
        Assert.Equal(3, store.Damaged.Count);
        TestPublications.Publish(store, 2, "a", "n1");
        Assert.NotNull(TestPublications.FetchAsNode(TestPublications.Open(_disk), "n1"));
    }

    [Fact]
    public void Another_fleets_store_is_refused()
    {
        TestPublications.Open(_disk);
        var refused = Assert.IsType<StoreOpening.Refused>(ContentStore.Open(_disk, TestPublications.Directory, "other"));
        Assert.Equal("PUB030", refused.Problem.Code);
    }

    [Fact]
    public void A_generation_is_never_used_twice()
    {
        TestPublications.Publish(TestPublications.Open(_disk), 2, "a", "n1");
        var store = TestPublications.Open(_disk);
        Assert.Throws<ArgumentOutOfRangeException>(() => TestPublications.Publish(store, 2, "b", "n1"));
        Assert.Throws<ArgumentOutOfRangeException>(() => TestPublications.Publish(store, 1, "b", "n1"));
        Assert.Equal(2, TestPublications.FetchAsNode(store, "n1")!.Generation);
    }

    [Fact]
    public void Blobs_that_were_staged_wait_for_their_pointers()
    {
        var blob = TestPublications.BlobOf("n1 a");
        TestPublications.Open(_disk).Stage([new NewBlob(Digest.Of(blob), blob)]);
        var store = TestPublications.Open(_disk);
        Assert.Equal(blob, store.ReadBlob(Digest.Of(blob)));
        Assert.Equal(0, store.HighestGeneration);
    }

    [Fact]
    public void Garbage_goes_thirty_days_after_it_was_first_found_and_never_what_something_names()
    {
        var store = TestPublications.Open(_disk);
        for (var i = 1; i <= 8; i++)
        {
            TestPublications.Publish(store, i, $"v{i}", "n1");
        }

        Assert.Equal(0, store.CollectGarbage(Nothing, TestPublications.Now).Dropped);
        store = TestPublications.Open(_disk);
        Assert.Equal(0, store.CollectGarbage(Nothing, TestPublications.Now.AddDays(29)).Dropped);
        var committed = Digest.Of(TestPublications.BundleOf("n1", "v1").ToBytes());
        var collected = store.CollectGarbage(new HashSet<Digest> { committed }, TestPublications.Now.AddDays(31));

        // v5 to v8 are the node's newest, v1 is what it says it runs: v2, v3, v4 go, three blobs each.
        Assert.Equal(9, collected.Dropped);
        Assert.Null(store.ReadBlob(Digest.Of(TestPublications.BlobOf("n1 v2"))));
        foreach (var opened in new[] { store, TestPublications.Open(_disk) })
        {
            Assert.NotNull(TestPublications.FetchAsNode(opened, "n1"));
            Assert.NotNull(opened.ReadBlob(Digest.Of(TestPublications.BlobOf("n1 v1"))));
            Assert.Empty(opened.Damaged);
        }
    }

    [Fact]
    public void A_pack_that_is_mostly_garbage_is_copied_and_removed()
    {
        var store = TestPublications.Open(_disk);
        for (var i = 1; i <= 20; i++)
        {
            TestPublications.Publish(store, i, $"v{i}", "n1");
        }

        var before = PackBytes();
        store.CollectGarbage(Nothing, TestPublications.Now);
        store.CollectGarbage(Nothing, TestPublications.Now.AddDays(31));
        Assert.True(PackBytes() < before / 3, $"{PackBytes()} of {before} bytes are left");
        Assert.NotNull(TestPublications.FetchAsNode(store, "n1"));
        TestPublications.Publish(store, 21, "v21", "n1");
        Assert.NotNull(TestPublications.FetchAsNode(TestPublications.Open(_disk), "n1"));

        long PackBytes() => _disk.Enumerate(TestPublications.Directory + "/packs")
            .Sum(name => _disk.Stat($"{TestPublications.Directory}/packs/{name}")!.SizeBytes);
    }

    [Fact]
    public void The_log_stays_bounded_however_often_is_published()
    {
        var store = TestPublications.Open(_disk);
        var nodes = Enumerable.Range(0, 200).Select(i => $"n{i}").ToArray();
        for (var i = 1; i <= 120; i++)
        {
            TestPublications.Publish(store, i, $"v{i % 2}", nodes);
        }

        Assert.InRange(_disk.Stat(TestPublications.Directory + "/store.log")!.SizeBytes, 1, 5 << 20);
        Assert.Equal(120, TestPublications.FetchAsNode(TestPublications.Open(_disk), "n7")!.Generation);
    }

    [Fact]
    public async Task An_export_holds_every_path_and_a_second_one_writes_only_what_changed()
    {
        using var directory = new TempDirectory();
        var store = TestPublications.Open(_disk);
        TestPublications.Publish(store, 1, "a", "n1", "n2");
        var cancellation = TestContext.Current.CancellationToken;
        Assert.Equal(store.Paths().Count(), await store.ExportAsync(DiskFileLayer.Host, directory.Path, cancellation));
        foreach (var path in store.Paths())
        {
            Assert.Equal(store.Find(path)!.Read(), await File.ReadAllBytesAsync(directory[path], cancellation));
        }

        // Two pointers and the head can change, so they are written again.
        Assert.Equal(3, await store.ExportAsync(DiskFileLayer.Host, directory.Path, cancellation));
    }

    [Fact]
    public void The_first_start_makes_keys_and_a_root_that_later_starts_keep()
    {
        var store = TestPublications.Open(_disk);
        byte[] first;
        using (var trust = Trust(store, One))
        {
            first = trust.RootJson;
            var root = Assert.IsType<RootReading.Trusted>(RootStatement.ReadFirst(first)).Root;
            Assert.Equal([trust.Signer.Key], root.PublicationKeys);
            Assert.Equal(AtomicFile.Private, _disk.Stat("/data/keys/root.key")!.Mode);
        }

        store = TestPublications.Open(_disk);
        using var again = Trust(store, One);
        Assert.Equal(first, again.RootJson);
        Assert.Equal(1, store.LatestRoot);
    }

    [Fact]
    public void Another_authority_makes_a_new_root_that_the_old_one_stands_behind()
    {
        var store = TestPublications.Open(_disk);
        using var before = Trust(store, One);
        using var after = Trust(store, Other);
        Assert.Equal(2, store.LatestRoot);
        var root = Assert.IsType<RootReading.Trusted>(RootStatement.ReadFirst(before.RootJson)).Root;

        // Nodes with certificates of the first one are still talked to.
        Assert.Equal([One, Other], Assert.IsType<RootReading.Trusted>(root.ReadNext(after.RootJson)).Root.Authorities);
    }

    [Fact]
    public void An_authority_is_known_by_its_certificate_and_not_by_how_its_file_is_written()
    {
        var store = TestPublications.Open(_disk);
        Trust(store, One).Dispose();
        Trust(store, "a note\r\n" + One.ReplaceLineEndings("\r\n")).Dispose();
        Assert.Equal(1, store.LatestRoot);
    }

    [Fact]
    public void A_lost_root_key_is_not_replaced_by_one_no_node_knows()
    {
        var store = TestPublications.Open(_disk);
        Trust(store, One).Dispose();
        _disk.Unlink("/data/keys/root.key");
        Trust(store, One).Dispose(); // what the root names is here: there is nothing to sign
        Assert.Null(_disk.Stat("/data/keys/root.key"));
        var refused = Assert.IsType<TrustOpening.Refused>(TrustStore.Open(_disk, "/data/keys", store, [Other]));
        Assert.Equal("PUB033", refused.Problem.Code);
    }

    [Fact]
    public void A_store_has_one_publisher()
    {
        using var directory = new TempDirectory();
        using (Assert.IsType<LeaseTaking.Held>(StoreLease.Take(directory.Path)))
        {
            Assert.Equal("PUB032", Assert.IsType<LeaseTaking.Refused>(StoreLease.Take(directory.Path)).Problem.Code);
        }

        Assert.IsType<LeaseTaking.Held>(StoreLease.Take(directory.Path)).Dispose();
    }

    private static string NewAuthority()
    {
        using var folder = new TempDirectory();
        return FleetAuthority.Open(DiskFileLayer.Host, new DataDirectory(folder.Path), TimeProvider.System).CertificatePem.Trim() + "\n";
    }

    private TrustStore Trust(ContentStore store, params string[] authorities) =>
        Assert.IsType<TrustOpening.Opened>(TrustStore.Open(_disk, "/data/keys", store, authorities)).Trust;
}
