using System.Collections.Immutable;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Files;

/// <summary>Keeps a file as the bundle says: content, mode, owner. Touches nothing foreign unless told to adopt it.</summary>
public sealed class FilePlanner : IUnitPlanner<FileState, FileStep>
{
    public EquatableArray<string> Claims(Unit unit) => [$"path:{((FileSpec)unit.Spec).Path}"];

    public UnitPlan<FileStep> Plan(Unit desired, Unit? owned, FileState observed, PlanContext context)
    {
        var spec = (FileSpec)desired.Spec;
        var isUnrecorded = observed.Current is not null && !observed.Owned.Contains(spec.Path);
        if (isUnrecorded && owned?.Spec is FileSpec made && made.Path == spec.Path && observed.Desired is { } asDesired &&
            observed.Current!.Digest == asDesired)
        {
            return new UnitPlan<FileStep>([new FileStep.Record(spec.Path) { Because = "the record that the agent made it is gone" }], [],
                new UnitStatus.Ready());
        }

        if (isUnrecorded && WhyForeign(spec, observed.Current!) is { } foreign)
        {
            return new UnitPlan<FileStep>([], [], new UnitStatus.Refused(foreign));
        }

        if (observed.Desired is not { } content)
        {
            var missing = observed.Missing ?? throw new ArgumentException("what is missing has a reason", nameof(observed));
            return new UnitPlan<FileStep>([], [new Hold(missing.What, Until: missing.Fix)], new UnitStatus.Progressing(missing.What));
        }

        List<FileStep> steps = [.. observed.Owned
            .Where(path => path != spec.Path)
            .Select(path => new FileStep.Remove(path) { Because = $"the file is to be {spec.Path} now" })];
        if (Differs(spec, content, observed) is { } difference)
        {
            steps.Add(difference);
        }

        return new UnitPlan<FileStep>([.. steps], [],
            steps.Count == 0 ? new UnitStatus.Ready() : new UnitStatus.Progressing(steps[^1].Because));
    }

    public UnitPlan<FileStep> PlanRemoval(Unit owned, FileState observed, PlanContext context) => new(
        [.. observed.Owned.Select(path => new FileStep.Remove(path) { Because = $"{owned.Id} left the bundle" })],
        [], new UnitStatus.Progressing("it left the bundle"));

    private static FileStep? Differs(FileSpec spec, Digest content, FileState observed)
    {
        if (observed.Current is not { } current)
        {
            return Write("there is no such file");
        }

        if (!observed.Owned.Contains(spec.Path))
        {
            return Write("it is to be adopted; the original is kept");
        }

        if (current.Digest != content)
        {
            return Write($"its content is {current.Digest?.Hex[..12] ?? "no file's"}, the bundle asks for {content.Hex[..12]}{Writer(current)}");
        }

        var isAsDesired = current.Mode == spec.Mode && current.Owner == (spec.Owner ?? current.Owner) &&
            current.Group == (spec.Group ?? current.Group);
        return isAsDesired ? null : new FileStep.SetAttributes(spec.Path, spec.Mode, spec.Owner, spec.Group)
        {
            Because = $"it is {current.Mode} of {current.Owner}:{current.Group}, the bundle asks for " +
                $"{spec.Mode} of {spec.Owner ?? current.Owner}:{spec.Group ?? current.Group}",
        };

        static string Writer(FileSighting current) => current.Writer is { } writer ? $"; {writer}" : "";

        FileStep.Write Write(string because) => new(spec.Path, content, spec.Mode) { Because = because };
    }

    private static Problem? WhyForeign(FileSpec spec, FileSighting current)
    {
        if (current.Digest is null)
        {
            return new Problem(AgentCodes.NotOwned, What: $"{spec.Path} is there and is no regular file",
                Fix: "move it away on the node, or use another path");
        }

        return spec.Adopt ? null : new Problem(AgentCodes.NotOwned,
            What: $"{spec.Path} is there and the agent did not make it",
            Fix: "say adopt: true to take it over (the original is kept), or move it away on the node");
    }
}
