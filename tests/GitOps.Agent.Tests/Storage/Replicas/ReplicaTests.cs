using GitOps.Agent.Planning;
using GitOps.Agent.Storage.Replicas;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Agent.Tests.Storage.Replicas;

public sealed class ReplicaTests
{
    private static readonly ReplicaGroup Group = new()
    {
        Port = 22_000,
        Peers =
        [
            new ReplicaPeer("press-1", "NNJIOTN-IRJPI6O-FLNZZUR-BMPZE6H-4JTOHEX-NKOM2IU-JBJQYEZ-ECPIRQP", "fd00::11"),
            new ReplicaPeer("press-2", "LKRP6GS-D6M2NUS-C73Y5WG-ERYR3HK-OLPBNDQ-U4ZCIYG-VCCQGSJ-U3DK6A7", "press-2.plant"),
            new ReplicaPeer("press-3", "SLZIZ5J-VP3P436-HJF7USH-2R5X5GK-SNH23ZO-FNDGYUU-RW2CZ4G-TI6ABQO", "10.0.0.13"),
        ],
    };

    private static readonly ReplicaReading Quiet = new("idle", 3, 1_000, 0, 0, 0, 7, null)
    {
        Connected = [new ReplicaNeed("press-2", 0), new ReplicaNeed("press-3", 0)],
    };

    [Fact]
    public void Everybody_may_write() => Golden.Verify("storage/replica.xml", ReplicaConfig.Write(Job(Group), "press-1", "/state/rest", "key"));

    [Fact]
    public void One_says_and_what_is_replaced_is_kept() => Golden.Verify("storage/replica-follower.xml", ReplicaConfig.Write(
        Job(Group with { Source = "press-3", KeepReplaced = true }, "/srv/<a> & \"b\"", bandwidth: 500) with { VolumeReserve = 5L << 30 }, "press-2", "/state/rest", "key"));

    [Fact]
    public void The_source_takes_nothing() =>
        Assert.Contains("type=\"sendonly\"", ReplicaConfig.Write(Job(Group with { Source = "press-1" }), "press-1", "/state/rest", "key"), StringComparison.Ordinal);

    [Fact]
    public void It_is_whole_when_nobody_who_is_connected_lacks_anything()
    {
        Assert.Equal((SyncPhase.Waiting, true, null), Judge(Quiet));
        Assert.Equal((SyncPhase.Waiting, true, "not connected: press-3"), Judge(Quiet with { Connected = [new ReplicaNeed("press-2", 0)] }));
        Assert.Equal((SyncPhase.Running, false, null), Judge(Quiet with { NeededItems = 1 }));
        Assert.Equal((SyncPhase.Running, false, null), Judge(Quiet with { State = "scanning" }));
        Assert.Equal((SyncPhase.Running, false, "not connected: press-3"), Judge(Quiet with { Connected = [new ReplicaNeed("press-2", 4)] }));
        Assert.Equal((SyncPhase.Running, false, "not connected: press-3"), Judge(Quiet with { Connected = [new ReplicaNeed("press-2", null)] }));
        Assert.Equal((SyncPhase.Waiting, false, "not connected: press-2, press-3"), Judge(Quiet with { Connected = [] }));
        Assert.Equal(new SyncProgress(600, 1_000), ReplicaJudge.Judge(Job(Group), "press-1", Quiet with { NeededItems = 1, NeededBytes = 400 }, [], default).Progress);
    }

    [Fact]
    public void What_a_person_should_know_of_is_said_the_worst_first()
    {
        var bad = Quiet with { Error = "folder marker missing", Connected = [], Strangers = ["X at 10.0.0.9:22000"] };
        EquatableArray<string> torn = ["a.sync-conflict-1.txt", "b", "c", "d"];
        Assert.Equal((SyncPhase.Failing, "AGT275", "/srv/data/recipes: folder marker missing"), Say(bad));
        Assert.Equal((SyncPhase.Waiting, "AGT273", "not let in: X at 10.0.0.9:22000"), Say(bad with { Error = null }));
        Assert.Equal((SyncPhase.Failing, "AGT271", "none of press-1, press-2, press-3 can be reached"), Say(bad with { Error = null, Strangers = [] }));
        Assert.Equal((SyncPhase.Waiting, "AGT272", "4 files were changed on several nodes at once: a.sync-conflict-1.txt, b, c and 1 more"), Say(Quiet));

        (SyncPhase, string?, string?) Say(ReplicaReading reading)
        {
            var verdict = ReplicaJudge.Judge(Job(Group), "press-1", reading, torn, TimeSpan.FromMinutes(2));
            return (verdict.Phase, verdict.Problem?.Code, verdict.Problem?.What);
        }
    }

    [Fact]
    public void What_Syncthing_says_is_read_and_anything_else_is_not_known()
    {
        Assert.Equal(Quiet with { Connected = [], Changed = 2, Error = "folder path missing" }, ReplicaReading.TryParse(
            """{"error":"folder path missing","errors":0,"globalBytes":1000,"globalFiles":3,"needBytes":0,"needTotalItems":0,"receiveOnlyTotalItems":2,"sequence":7,"state":"idle"}"""u8.ToArray()));
        Assert.Equal("2 files cannot be brought into place", ReplicaReading.TryParse("""{"errors":2,"state":"idle"}"""u8.ToArray())?.Error);
        Assert.Equal(["B"], ReplicaReading.ConnectedIds("""{"connections":{"A":{"connected":false},"B":{"connected":true}},"total":{}}"""u8.ToArray()));
        Assert.Equal(5, ReplicaReading.Needs("""{"completion":95,"needItems":3,"needDeletes":2}"""u8.ToArray()));
        Assert.Equal(["A at 10.0.0.9:22000"], ReplicaReading.StrangersOf("""{"A":{"time":"2026-11-30T08:30:04Z","name":"x","address":"10.0.0.9:22000"}}"""u8.ToArray()));
        Assert.Equal(["a/b"], ReplicaReading.ChangedPaths("""{"files":[{"name":"a/b","type":"FILE"}],"page":1}"""u8.ToArray()));
        Assert.All((string[])["", "null", "[]", "CSRF Error", "{\"files\": 1, \"connections\": []}"], text =>
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(text);
            Assert.Empty(ReplicaReading.ConnectedIds(bytes));
            Assert.Empty(ReplicaReading.ChangedPaths(bytes));
        });
        Assert.Null(ReplicaReading.TryParse("[]"u8.ToArray()));
        Assert.Null(ReplicaReading.Needs("CSRF Error"u8.ToArray()));
    }

    [Fact]
    public void A_replica_claims_its_folder_and_port_and_is_ready_when_it_was_whole_once()
    {
        var planner = new SyncPlanner();
        var unit = new Unit("recipes", Job(Group).Spec);
        var context = new PlanContext(DateTimeOffset.UnixEpoch, ClockTrusted: true, TimeSpan.Zero) { Desired = Bundle.Of([new Unit("data", new VolumeSpec { Path = "/srv/data" })]) };
        Assert.Equal(["folder:data/recipes", "port:22000"], planner.Claims(unit));
        Assert.Equal("keep /srv/data/recipes as it is on press-1, press-2, press-3", Assert.Single(planner.Plan(unit, null, new SyncState(null, false, false, null), context).Steps).Describe());
        var following = new SyncState(Job(Group) with { Link = null }, true, false, "not connected: press-2");
        Assert.Equal("the node was never seen to have all that the others have: not connected: press-2",
            Assert.IsType<UnitStatus.Unhealthy>(planner.Plan(unit, null, following, context).Status).Message);
        Assert.IsType<UnitStatus.Ready>(planner.Plan(unit, null, following with { HasTree = true }, context).Status);
    }

    [Fact]
    public void Nodes_that_come_and_go_leave_what_is_known()
    {
        var memory = new SyncMemory { Since = DateTimeOffset.UnixEpoch, LastSuccess = DateTimeOffset.UnixEpoch }.For(Job(Group).Spec) with { LastSuccess = DateTimeOffset.UnixEpoch };
        Assert.NotNull(memory.For(Job(Group with { Peers = [Group.Peers[0], Group.Peers[1]] }).Spec).LastSuccess);
        Assert.Null(memory.For(Job(Group).Spec with { Folder = "other" }).LastSuccess);
    }

    private static (SyncPhase, bool, string?) Judge(ReplicaReading reading)
    {
        var verdict = ReplicaJudge.Judge(Job(Group), "press-1", reading, [], default);
        Assert.Null(verdict.Problem);
        return (verdict.Phase, verdict.IsWhole, verdict.Message);
    }

    private static SyncJob Job(ReplicaGroup group, string volume = "/srv/data", long? bandwidth = null) => new(new SyncSpec
    {
        Volume = "data",
        Folder = "recipes",
        Mode = SyncMode.Replicate,
        Remote = new SyncRemote { Kind = RemoteKind.Nodes, Nodes = group },
        EveryMs = 3_600_000,
        TimeLimitMs = 21_600_000,
        Bandwidth = bandwidth,
    }, volume, null, null);
}
