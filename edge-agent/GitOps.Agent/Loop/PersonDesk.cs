using GitOps.Agent.Generations;
using GitOps.Bundles;

namespace GitOps.Agent.Loop;

/// <summary>Answers people at the machine, and does what they ask.</summary>
internal sealed class PersonDesk(Course course, TroubleBook troubles, Reporter reporter, TimeProvider time)
{
    public string Answer(PersonRequest request)
    {
        switch (request)
        {
            case PersonRequest.HoldUnit(var unit, var length, var reason, var by):
                var until = time.GetUtcNow() + length;
                course.State = course.State with
                {
                    Holds = course.State.Holds.Where(h => h.Unit != unit).Append(new PersonHold(unit, reason, by, until)).ToEquatableArray(),
                };
                reporter.Note(AgentCodes.HeldByPerson, $"{by} holds {unit} until {until:u}: {reason}", unit);
                return $"{unit} is left alone until {until:u}";
            case PersonRequest.ReleaseUnit(var unit):
                var isHeld = course.State.Holds.Any(h => h.Unit == unit);
                course.State = course.State with { Holds = course.State.Holds.Where(h => h.Unit != unit).ToEquatableArray() };
                return isHeld ? $"{unit} is no longer held" : $"{unit} was not held";
            case PersonRequest.Retry:
                troubles.Clear();
                var given = course.Generations.Quarantined.Count;
                course.Move(new GenerationEvent.RetryRequested(course.State.Newest));
                return given == 0 ? "units that failed are tried again" : $"{given} given-up bundle(s) may be tried again";
            default:
                throw new System.Diagnostics.UnreachableException($"no such request: {request}");
        }
    }
}
