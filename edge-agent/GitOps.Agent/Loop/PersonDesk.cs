using GitOps.Agent.Generations;
using GitOps.Agent.Self;
using GitOps.Bundles;

namespace GitOps.Agent.Loop;

/// <summary>Answers people at the machine, and does what they ask.</summary>
internal sealed class PersonDesk(Course course, TroubleBook troubles, SelfUpdate self, Releases releases, Reporter reporter)
{
    public string Answer(PersonRequest request)
    {
        switch (request)
        {
            case PersonRequest.HoldUnit(var unit, var length, var reason, var by):
                var hold = new PersonHold(unit, reason, by, course.BeginTerm(length));
                course.State = course.State with { Holds = course.State.Holds.Where(h => h.Unit != unit).Append(hold).ToEquatableArray() };
                reporter.Note(AgentCodes.HeldByPerson, $"{by} holds {Name(unit)} until {hold.Until:u}: {reason}", unit);
                return $"{Name(unit)} is left alone until {hold.Until:u}";
            case PersonRequest.ReleaseUnit(var unit):
                var isHeld = course.State.Holds.Any(h => h.Unit == unit);
                course.State = course.State with { Holds = course.State.Holds.Where(h => h.Unit != unit).ToEquatableArray() };
                return isHeld ? $"{Name(unit)} is no longer held" : $"{Name(unit)} was not held";
            case PersonRequest.RollBack(var generation, var length, var reason, var by):
                return RollBack(generation, length, reason, by);
            case PersonRequest.Follow:
                var isPinned = course.Generations.Pin is not null;
                course.Move(new GenerationEvent.Unpinned());
                return isPinned ? "the node follows the newest good generation again" : "no generation was pinned";
            case PersonRequest.Retry:
                troubles.Clear();
                self.Forgive();
                releases.StageNow();
                var given = course.Generations.Quarantined.Count;
                course.Move(new GenerationEvent.RetryRequested(course.State.Newest));
                return given == 0 ? "units that failed are tried again" : $"{given} given-up bundle(s) may be tried again";
            default:
                throw new System.Diagnostics.UnreachableException($"no such request: {request}");
        }
    }

    private string RollBack(long generation, TimeSpan length, string reason, string by)
    {
        var kept = course.Generations.Good.OrderByDescending(r => r.Generation).ToList();
        if (kept.Find(r => r.Generation == generation) is not { } release)
        {
            var which = generation < 0 ? "say which one, with --to N" : $"generation {generation} is not kept here";
            return $"refused: {which}; kept are [{string.Join(", ", kept.Select(r => r.Generation))}]";
        }

        var pin = new Pin(release, reason, by, course.BeginTerm(length));
        course.Move(new GenerationEvent.Pinned(pin));
        reporter.Note(AgentCodes.Pinned, $"{by} pins generation {generation} until {pin.Term.Until:u}: {reason}");
        return $"the node is led to generation {generation} until {pin.Term.Until:u}, or 'gitops-agent rollback --end'";
    }

    private static string Name(UnitId? unit) => unit?.ToString() ?? "the whole node";
}
