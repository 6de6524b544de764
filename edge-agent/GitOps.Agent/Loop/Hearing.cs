using GitOps.Agent.Generations;
using GitOps.Agent.Planning;
using GitOps.Agent.Self;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Loop;

/// <summary>Takes in what happened since the last pass: each event moves the course, and none has an effect on the node.</summary>
internal sealed class Hearing(
    Course course, Releases releases, TrustWatch trust, BranchRunner runner, TroubleBook troubles, PersonDesk desk,
    SelfUpdate self, Reporter reporter, LoopTiming timing)
{
    public void Hear(LoopEvent what)
    {
        switch (what)
        {
            case LoopEvent.Noted(var problem, var unit):
                reporter.Note(problem, unit);
                break;
            case LoopEvent.Listened:
                reporter.TellAgain();
                break;
            case LoopEvent.ContentMissing when course.Planned is { } release:
                releases.Refetch(release);
                break;
            case LoopEvent.Hinted(var generation) when generation > course.Generations.SeenGeneration:
                releases.PullNow();
                break;
            case LoopEvent.Pulled(var outcome):
                self.Hear(outcome, timing.Uptime);
                Follow(releases.Judge(outcome, course.Generations, trust.Root.PublicationKeys, timing.Uptime, reporter));
                if (releases.PullProblem?.Code == BundleCodes.UnknownKey.Id)
                {
                    trust.LookSoon(timing.Uptime);
                }

                break;
            case LoopEvent.TrustSeen(var look):
                course.State = trust.Hear(look, course.State, timing.Uptime, reporter);
                if (!look.Roots.IsEmpty)
                {
                    Follow(releases.JudgeAgain(course.Generations, trust.Root.PublicationKeys, reporter));
                }

                break;
            case LoopEvent.TimeProved(var moment, var told):
                course.State = course.State with { TrustedTime = moment }; // also back: what was noted of a clock that was ahead was wrong
                reporter.Note(told);
                releases.PullNow();
                break;
            case LoopEvent.FetchNow:
                releases.StageNow();
                break;
            case LoopEvent.Brought(var store, var answer):
                course.State = trust.Take(trust.Follow(store), course.State, reporter);
                var (accepted, refused) = releases.JudgeCarried(store.Pointer, course.Generations, trust.Root.PublicationKeys, reporter);
                Follow(accepted);
                releases.StageNow(); // also one that was seen before and could not be fetched
                answer.SetResult(refused);
                break;
            case LoopEvent.StageEnded(var release, var outcome):
                HearStaged(release, outcome);
                break;
            case LoopEvent.BranchEnded(var branch, var outcome):
                HearBranch(branch, outcome);
                break;
            case LoopEvent.Asked(var request, var answer):
                answer.SetResult(desk.Answer(request));
                break;
        }
    }

    private void Follow(PointerVerdict.Accepted? accepted)
    {
        if (accepted is not null)
        {
            course.Move(new GenerationEvent.PointerAccepted(accepted));
            course.State = course.State with { Newest = course.Generations.Next ?? course.Generations.Attempt?.Release ?? Releases.ToRelease(accepted) };
        }
    }

    private void HearStaged(Release release, StageOutcome outcome)
    {
        if (outcome is StageOutcome.NewAgent(var agent) && course.State.Holds.FirstOrDefault(h => h.Covers(AgentSpec.Self)) is { } hold)
        {
            outcome = new StageOutcome.Failed(new Problem(AgentCodes.AgentWaits,
                What: $"{hold.By} holds {hold.Unit?.ToString() ?? "the whole node"}, so the agent {agent.Version} does not take over",
                Fix: "'gitops-agent release', or wait until the hold is over"));
        }

        switch (releases.Judge(release, outcome, timing.Uptime))
        {
            case StageOutcome.NewAgent(var next):
                self.TakeOver(next);
                break;
            case StageOutcome.Staged(var bundle):
                course.Move(new GenerationEvent.Staged(release.Bundle, Excused(bundle)));
                break;
            case StageOutcome.Refused(var problems):
                foreach (var row in problems.Take(Reporter.MostNotes))
                {
                    reporter.Note(row.Problem, row.Unit);
                }

                course.Move(new GenerationEvent.Refused(release.Bundle, problems[0].Problem, problems[0].Unit));
                break;
        }
    }

    /// <summary>Units that the release leaves as they are and that were unwell under the committed one.</summary>
    private EquatableArray<UnitId> Excused(Bundle next)
    {
        if (course.Generations.Attempt is { IsStaged: true } replaced)
        {
            var kept = (releases.Read(replaced.Release)?.Units ?? []).Intersect(next.Units).Select(u => u.Id).ToHashSet();
            return replaced.Excused.Where(kept.Contains).ToEquatableArray();
        }

        if (course.Planned is null || course.Planned != course.Generations.Committed || releases.Read(course.Planned) is not { } current)
        {
            return [];
        }

        var same = current.Units.Intersect(next.Units).Select(u => u.Id).ToHashSet();
        return course.Plan.Units
            .Where(u => same.Contains(u.Id) && u.Verdict is UnitVerdict.Failing or UnitVerdict.Stuck or UnitVerdict.Waiting)
            .Select(u => u.Id)
            .ToEquatableArray();
    }

    private void HearBranch(Branch branch, StepOutcome outcome)
    {
        var id = branch.Key.Id;
        runner.Forget(branch);
        var isRepair = course.State.FindOwned(id) is { Intended: null } owned && owned.Applied == branch.Unit;
        troubles.Book(branch, outcome, isRepair && branch.Key.Kind == BranchKind.Apply, timing.Uptime);
        if (outcome is StepOutcome.Done)
        {
            course.State = branch.Key.Kind == BranchKind.Apply ? course.State.Own(branch.Unit) : course.State.WithOwned(id, null);
        }
        else if (troubles.All[id] is { Failures: 1 } first)
        {
            reporter.Note(first.Outcome is StepOutcome.Stuck(var stuck) ? stuck : ((StepOutcome.Retry)first.Outcome).Problem, id);
        }
    }
}
