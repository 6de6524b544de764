using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using GitOps.Agent.Host.Tests.Running;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Attacks;

/// <summary>
/// What a store, or who sits between, can do to a node: the real agent, over HTTPS, each attack named by the promise it is
/// held against. Whatever is served, the node keeps what it runs, says what is wrong, and follows the next good publication.
/// </summary>
public sealed class HostileStoreTests(HostileStoreTests.Victim victim) : IClassFixture<HostileStoreTests.Victim>
{
    private static readonly Bundle Evil = Bundle.Of([new Unit("motd", new FileSpec { Path = "/srv/evil", Content = [new ContentPart.Text("evil")] })]);

    private static TestControlPlane Plane => Victim.Plane;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public Task Replay_of_an_older_generation_is_refused() => victim.WithstandsAsync(BundleCodes.OlderGeneration, async () =>
    {
        var old = Plane.Pointer;
        await victim.PublishAsync();
        Plane.Pointer = old;
    });

    [Fact]
    public Task A_replay_is_refused_after_a_restart_too() => victim.WithstandsAsync(BundleCodes.OlderGeneration, async () =>
    {
        var old = Plane.Pointer;
        await victim.PublishAsync();
        await victim.Agent.KillAsync();
        Plane.Pointer = old;
        victim.Agent.Start();
    });

    [Fact]
    public Task Parts_of_two_publications_do_not_make_one() => victim.WithstandsAsync(BundleCodes.BadProof, () =>
    {
        var one = Plane.SignPointer(Plane.Generation + 10, Entry(TestControlPlane.Node), Entry("press-2"));
        var other = Plane.SignPointer(Plane.Generation + 10, Entry(TestControlPlane.Node), Entry("press-3"));
        Plane.Pointer = (one with { Proof = other.Proof }).ToBytes();
    });

    [Fact]
    public Task Another_nodes_pointer_and_with_it_its_bundle_is_refused() => victim.WithstandsAsync(BundleCodes.WrongAddressee, () =>
        Plane.Pointer = Plane.SignPointer(Plane.Generation + 10, Entry("press-2")).ToBytes());

    [Fact]
    public Task A_strangers_signature_is_refused() => victim.WithstandsAsync(BundleCodes.UnknownKey, () =>
    {
        using var stranger = TestControlPlane.NewSigner();
        Plane.Pointer = Publication.Sign(TestControlPlane.Fleet, Plane.Generation + 10, "0123456789abcdef", [Entry(TestControlPlane.Node)], stranger)[0].ToBytes();
    });

    [Fact]
    public Task A_signature_over_something_else_is_refused() => victim.WithstandsAsync(BundleCodes.BadSignature, () =>
    {
        var good = Plane.SignPointer(Plane.Generation + 10, Entry(TestControlPlane.Node));
        var other = Plane.SignPointer(Plane.Generation + 11, Entry(TestControlPlane.Node));
        Plane.Pointer = (good with { Publication = good.Publication with { Signatures = other.Publication.Signatures } }).ToBytes();
    });

    [Fact]
    public Task A_root_that_the_one_before_does_not_stand_behind_is_refused() => victim.WithstandsAsync(BundleCodes.UntrustedRoot, () =>
    {
        var stranger = TestControlPlane.NewSigner();
        Plane.ServeRoot(2, Plane.Root(2) with { RootKeys = [stranger.Key], PublicationKeys = [stranger.Key] }, stranger);
        Plane.Pointer = Publication.Sign(TestControlPlane.Fleet, Plane.Generation + 10, "0123456789abcdef", [Entry(TestControlPlane.Node)], stranger)[0].ToBytes();
    });

    [Fact]
    public Task One_generation_with_two_bundles_is_reported_as_an_attack() => victim.WithstandsAsync(BundleCodes.Equivocation, () =>
        Plane.Pointer = Plane.SignPointer(Plane.Generation, Entry(TestControlPlane.Node)).ToBytes());

    [Fact]
    public Task An_older_format_of_the_pointer_is_refused() => victim.WithstandsAsync(BundleCodes.Unreadable, () =>
        Plane.Pointer = (Plane.SignPointer(Plane.Generation + 10, Entry(TestControlPlane.Node)) with { Format = 0 }).ToBytes());

    [Fact]
    public Task A_bundle_format_that_nobody_agreed_on_is_refused() => victim.WithstandsAsync(BundleCodes.UnknownFormat, () =>
        Plane.Pointer = Plane.SignPointer(Plane.Generation + 10, Entry(TestControlPlane.Node) with { BundleFormat = 0 }).ToBytes());

    [Fact]
    public Task Endless_data_is_not_read_to_its_end() => victim.WithstandsAsync("more than", () => Plane.Attack = async context =>
    {
        var piece = new byte[64 * 1024];
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(piece, context.RequestAborted);
        }
    });

    [Fact]
    public Task A_compressed_answer_is_not_unpacked() => victim.WithstandsAsync(BundleCodes.Unreadable, () =>
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(new byte[64 << 20]); // would be four times what is ever read of an answer
        }

        Plane.Attack = async context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await context.Response.Body.WriteAsync(packed.ToArray(), context.RequestAborted);
        };
    });

    [Fact]
    public async Task A_truncated_blob_is_fetched_to_its_end_and_another_one_under_its_name_is_thrown_away()
    {
        await victim.PublishAsync();
        var large = RandomNumberGenerator.GetBytes(300_000);
        var path = "/" + StorePaths.Blob(TestControlPlane.Fleet, Digest.Of(large));
        var (cuts, swaps) = (0, 0);
        var usual = Plane.IsAttacked;
        Plane.IsAttacked = requested => requested == path && (cuts < 2 || swaps < 1);
        Plane.Attack = async context =>
        {
            if (cuts < 2)
            {
                cuts++;
                context.Response.ContentLength = large.Length;
                await context.Response.Body.WriteAsync(large.AsMemory(0, 1000 * cuts), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                context.Abort();
                return;
            }

            swaps++;
            await context.Response.Body.WriteAsync(new byte[large.Length], context.RequestAborted);
        };
        try
        {
            await victim.PublishAsync(large);
            Assert.Equal((2, 1), (cuts, swaps));
        }
        finally
        {
            (Plane.Attack, Plane.IsAttacked) = (null, usual);
        }
    }

    private static PublicationEntry Entry(string node) => new(node, Digest.Of(Evil.ToBytes()), Evil.ToBytes().Length);

    /// <summary>One agent that has to withstand all of it, one after the other.</summary>
    public sealed class Victim : IAsyncLifetime
    {
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
        private int _published;

        internal static TestControlPlane Plane { get; private set; } = null!;

        internal AgentOnDisk Agent { get; private set; } = null!;

        private string Motd => $"{Agent.Managed}/motd";

        private string Expected => $"good {_published}";

        public async ValueTask InitializeAsync()
        {
            Plane = await TestControlPlane.StartAsync();
            Agent = new AgentOnDisk(Plane);
            Agent.Start();
        }

        public async ValueTask DisposeAsync()
        {
            await Agent.DisposeAsync();
            await Plane.DisposeAsync();
        }

        /// <summary>A good publication arrives.</summary>
        public async Task PublishAsync(byte[]? blob = null)
        {
            _published++;
            var motd = new Unit("motd", new FileSpec { Path = Motd, Content = [new ContentPart.Text(Expected)] });
            var more = blob is null ? null : new Unit("blob", new FileSpec { Path = $"{Agent.Managed}/blob", Content = [new ContentPart.Blob(Digest.Of(blob), blob.Length)] });
            var bundle = Bundle.Of(more is null ? [motd] : [motd, more]);
            if (blob is null)
            {
                Plane.Publish(bundle);
            }
            else
            {
                Plane.Publish(bundle, blob);
            }

            await UntilAsync(() => Plane.Last is { Phase: NodePhase.Converged } last && last.Generation == Plane.Generation, "the good publication is on the node");
            Assert.Equal(Expected, await File.ReadAllTextAsync(Motd, Cancel));
            if (blob is not null)
            {
                Assert.Equal(blob, await File.ReadAllBytesAsync($"{Agent.Managed}/blob", Cancel));
            }
        }

        public Task WithstandsAsync(ErrorCode code, Action attack) => WithstandsAsync(code, () =>
        {
            attack();
            return Task.CompletedTask;
        });

        /// <summary>A good publication, the attack, what the node says of it, and another good publication.</summary>
        public Task WithstandsAsync(ErrorCode code, Func<Task> attack) =>
            WithstandsAsync(report => report.Events.Any(e => e.Code == code.Id), attack, code.Id);

        public Task WithstandsAsync(string said, Action attack) => WithstandsAsync(
            report => report.Conditions.Any(condition => condition.Message.Contains(said, StringComparison.Ordinal)),
            () =>
            {
                attack();
                return Task.CompletedTask;
            },
            said);

        private async Task WithstandsAsync(Func<NodeReport, bool> isSaid, Func<Task> attack, string what)
        {
            await PublishAsync();
            var before = Plane.Reports.Count;
            try
            {
                await attack();
                await UntilAsync(() => Plane.Reports.Skip(before).Any(isSaid), what);
                Assert.Equal(Expected, await File.ReadAllTextAsync(Motd, Cancel));
                Assert.False(File.Exists("/srv/evil"));
            }
            finally
            {
                Plane.Attack = null;
                Plane.WithdrawRoots();
            }

            Plane.Skip(20); // above whatever generation was made up
            await PublishAsync();
        }

        private async Task UntilAsync(Func<bool> condition, string what)
        {
            try
            {
                await Eventually.BecomesTrue(condition, Limit, Cancel, what);
            }
            catch (Xunit.Sdk.XunitException e)
            {
                var last = Plane.Last is { } report ? Encoding.UTF8.GetString(ReportJson.Write(report)) : "no report came";
                throw new Xunit.Sdk.XunitException($"{e.Message}\n{last}\n{Agent.Log}");
            }
        }
    }
}
