using GitOps.Manifests.Foreign;

namespace GitOps.Manifests.EdgeX;

/// <summary>What must hold between the resources and commands of one profile. EdgeX names the first that does not.</summary>
internal static class ProfileRules
{
    public static void Check(List<ForeignObject> resources, List<ForeignObject> commands, List<Blame> blames)
    {
        if ((FirstResource(resources) ?? FirstCommand(resources, commands)) is { } blame)
        {
            blames.Add(blame);
        }
    }

    private static Blame? FirstResource(List<ForeignObject> resources)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < resources.Count; i++)
        {
            var (name, properties) = (resources[i].Text("name"), resources[i].Object("properties"));
            if (properties.Text("valueType") == "Binary" && properties.Text("readWrite").Contains('W', StringComparison.Ordinal))
            {
                return new Blame($"deviceResources[{i}].properties.readWrite", properties.SpanOf("readWrite"),
                    $"'{Excerpt.Of(name)}' is Binary, which cannot be written", "write readWrite: R");
            }

            if (!seen.Add(name))
            {
                return new Blame($"deviceResources[{i}].name", resources[i].SpanOf("name"),
                    $"there are two resources '{Excerpt.Of(name)}'", "rename one of them");
            }
        }

        return null;
    }

    private static Blame? FirstCommand(List<ForeignObject> resources, List<ForeignObject> commands)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var access = resources.DistinctBy(resource => resource.Text("name"))
            .ToDictionary(resource => resource.Text("name"), resource => resource.Object("properties").Text("readWrite"));
        for (var i = 0; i < commands.Count; i++)
        {
            var name = commands[i].Text("name");
            if (!seen.Add(name))
            {
                return new Blame($"deviceCommands[{i}].name", commands[i].SpanOf("name"), $"there are two commands '{Excerpt.Of(name)}'",
                    "rename one of them");
            }

            var operations = commands[i].Objects("resourceOperations").ToList();
            for (var j = 0; j < operations.Count; j++)
            {
                if (Misfit(commands[i], i, operations[j], j, access) is { } blame)
                {
                    return blame;
                }
            }
        }

        return null;
    }

    private static Blame? Misfit(ForeignObject command, int i, ForeignObject operation, int j, Dictionary<string, string> access)
    {
        var resource = operation.Text("deviceResource");
        if (!access.TryGetValue(resource, out var itsAccess))
        {
            var near = Spelling.Nearest(resource, access.Keys);
            return new Blame($"deviceCommands[{i}].resourceOperations[{j}].deviceResource", operation.SpanOf("deviceResource"),
                $"there is no resource '{Excerpt.Of(resource)}'", near is null ? "name one of the profile's resources" : $"did you mean '{near}'?");
        }

        var asked = command.Text("readWrite");
        return itsAccess is "RW" or "WR" || itsAccess == asked ? null
            : new Blame($"deviceCommands[{i}].readWrite", command.SpanOf("readWrite"),
                $"the command is {asked}, and its resource '{Excerpt.Of(resource)}' only {itsAccess}", $"write readWrite: {itsAccess}");
    }
}
