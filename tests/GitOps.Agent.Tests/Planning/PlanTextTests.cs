using GitOps.Agent.Files;
using GitOps.Agent.Planning;
using GitOps.Agent.Tests.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Agent.Tests.Planning;

public sealed class PlanTextTests
{
    [Fact]
    public void A_plan_says_what_happens_in_which_order_and_why_the_rest_waits()
    {
        var file = FakeWorld.File("motd", "hello");
        var web = FakeWorld.Workload("web", ports: [80]);
        var write = new FileStep.Write("/srv/motd", Digest.Of([1]), "0644") { Because = "there is no such file" };
        var stop = new Agent.Workloads.WorkloadStep.Stop("SIGTERM", TimeSpan.FromSeconds(10)) { Because = "workload/old left the bundle, or makes room" };
        var start = new Agent.Workloads.WorkloadStep.Start(Digest.Of([2]), 1, 0, "./web") { Because = "it has not run" };
        var old = new BranchKey(UnitId.Parse("workload/old"), BranchKind.Remove);
        var plan = new PassPlan(
            [Branch(file, write), new Branch(old, FakeWorld.Workload("old"), [new PlannedStep(FakeWorld.Workload("old"), stop)])],
            [(Branch(web, start), [new BranchEdge(old, new BranchKey(web.Id, BranchKind.Apply), "port:80")])],
            [new UnitHold(UnitId.Parse("workload/app"), new Hold("clock/site", Until: "it is ready; now it waits: chrony has no offset yet"))],
            []);
        Golden.Verify("planning/pass.plan.txt", plan.ToText());
    }

    private static Branch Branch(Unit unit, IPlanStep step) => new(new BranchKey(unit.Id, BranchKind.Apply), unit, [new PlannedStep(unit, step)]);
}
