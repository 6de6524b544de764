using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>What a unit asks of the node; one case per unit kind. Their fields are described in docs/contracts.md §1.</summary>
public abstract record UnitSpec
{
    private protected UnitSpec() { } // closed: the cases are the records of this folder

    /// <summary>The kind as bundles, <c>requires</c> and reports write it.</summary>
    public abstract string Kind { get; }
}

/// <summary>One thing a node holds, and what must be ready before it and what tells that it is well.</summary>
public sealed record Unit(string Name, UnitSpec Spec)
{
    public EquatableArray<UnitId> Requires { get; init; }

    public EquatableArray<Probe> Probes { get; init; }

    public DriftPolicy Drift { get; init; }

    /// <summary>Why the unit is to be left as it is; null when it is not suspended.</summary>
    public string? Suspend { get; init; }

    public UnitId Id => new(Spec.Kind, Name);
}

/// <summary>What is done about a change that somebody else made to a unit that was as desired.</summary>
[JsonConverter(typeof(WordConverter<DriftPolicy>))]
public enum DriftPolicy
{
    /// <summary>It is put right.</summary>
    [JsonStringEnumMemberName("correct")]
    Correct,

    /// <summary>It is reported, and left.</summary>
    [JsonStringEnumMemberName("warn")]
    Warn,
}

/// <summary>The unit kinds of bundle format 1.</summary>
public static class UnitKinds
{
    public const string Agent = "agent";
    public const string File = "file";
    public const string Workload = "workload";
    public const string Volume = "volume";
    public const string Clock = "clock";
    public const string Device = "device";
    public const string Uplink = "uplink";
    public const string Sync = "sync";
    public const string EdgeX = "edgex";
}
