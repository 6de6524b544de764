using GitOps.Manifests.State;

namespace GitOps.Manifests.Kinds;

/// <summary>Which agent nodes run: a version, and the file of the repository that is its executable for each architecture.</summary>
public sealed record AgentRelease(string Version, AgentExecutables Executables);

public sealed record AgentExecutables(ContentSource.Source? Amd64, ContentSource.Source? Arm64)
{
    /// <summary>Null when there is none for the architecture.</summary>
    public ContentSource.Source? Of(NodeArchitecture architecture) => architecture == NodeArchitecture.Arm64 ? Arm64 : Amd64;
}

/// <summary>Finds who says which agent a node runs.</summary>
public static class AgentReleases
{
    /// <summary>The NodeGroup of the highest priority that says it, otherwise the Fleet; null when nobody does.</summary>
    /// <param name="groups">Those whose selector matches the node, in any order.</param>
    public static Resource? SayingFor(Resource<FleetSpec>? fleet, IEnumerable<Resource<NodeGroupSpec>> groups) =>
        // The name settles the order of equal priorities; where that would matter it is a finding.
        groups.Where(group => group.Spec.Agent is not null)
            .OrderBy(group => group.Spec.Priority).ThenBy(group => group.Name, StringComparer.Ordinal).LastOrDefault()
        ?? (fleet?.Spec.Agent is null ? (Resource?)null : fleet);

    /// <summary>As <see cref="SayingFor(Resource{FleetSpec}?, IEnumerable{Resource{NodeGroupSpec}})"/>.</summary>
    public static Resource? SayingFor(Resource<FleetSpec>? fleet, ResourceSet groups) =>
        SayingFor(fleet, groups.Items.OfType<Resource<NodeGroupSpec>>());

    /// <summary>What a Fleet or NodeGroup says; null when it says nothing.</summary>
    public static AgentRelease? Of(Resource resource) => resource switch
    {
        Resource<FleetSpec> fleet => fleet.Spec.Agent,
        Resource<NodeGroupSpec> group => group.Spec.Agent,
        _ => null,
    };
}
