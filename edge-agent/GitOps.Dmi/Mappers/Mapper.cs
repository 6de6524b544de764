namespace GitOps.Dmi.Mappers;

/// <summary>One mapper from its registration to the next one of its protocol.</summary>
/// <param name="Address">The path of its socket.</param>
internal sealed record Mapper(string Protocol, string Address, long Incarnation)
{
    /// <summary>By <see cref="TimeProvider.GetTimestamp"/>; 0: before this program began.</summary>
    public long RegisteredAt { get; init; }
}
