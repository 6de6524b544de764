using System.Globalization;
using GitOps.Agent.Links;
using GitOps.Bundles;

namespace GitOps.Agent.Containers;

/// <summary>One change to a group of containers.</summary>
public abstract record GroupStep : Planning.IPlanStep
{
    private GroupStep() { } // closed: every case is in this file

    public required string Because { get; init; }

    public abstract string Describe();

    public sealed record Pull(string Image) : GroupStep
    {
        /// <summary>What the bundle says of the link it is pulled over; null when it says nothing.</summary>
        public LinkPolicy? Site { get; init; }

        public override string Describe() => $"pull {Image}";
    }

    /// <summary>Places the files of the unit's volumes under their digest, whole or not at all.</summary>
    public sealed record PlaceFiles(Digest Files) : GroupStep
    {
        public override string Describe() => $"place the files of its volumes ({Files.Hex[..12]})";
    }

    /// <summary>Makes and starts the container that holds the group's network, and empty scratch volumes.</summary>
    public sealed record StartSandbox(Digest Key) : GroupStep
    {
        public override string Describe() => "make its network and scratch volumes";
    }

    /// <summary>Starts a container, which is made first when there is none.</summary>
    public sealed record Start(string Container, Digest Key, int Attempt, int Restarts, string Image) : GroupStep
    {
        /// <summary>Where the units lie that its volumes are.</summary>
        public EquatableArray<UnitVolumePath> UnitVolumes { get; init; }

        public override string Describe() => $"start '{Container}' ({Image})";
    }

    /// <summary>The container's stop signal, then SIGKILL after the grace.</summary>
    /// <param name="Failure">What makes this end count as a failed run; null when it is not one.</param>
    public sealed record Stop(string Container, string Id, TimeSpan Grace, string? Failure) : GroupStep
    {
        public override string Describe() => string.Create(CultureInfo.InvariantCulture,
            $"stop {Quote(Container)} (SIGKILL after {Grace.TotalSeconds:0.#} s)");
    }

    public sealed record Remove(string Container, string Id) : GroupStep
    {
        public override string Describe() => $"remove {Quote(Container)}";
    }

    /// <summary>Removes the unit's folders and record.</summary>
    public sealed record RemoveTraces : GroupStep
    {
        public override string Describe() => "remove its folders and record";
    }

    private static string Quote(string container) => container.Length == 0 ? "its network" : $"'{container}'";
}

/// <summary>Where the directory of the unit <c>volume/NAME</c> lies.</summary>
public sealed record UnitVolumePath(string Unit, string Path);
