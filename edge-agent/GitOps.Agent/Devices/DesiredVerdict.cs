using GitOps.Agent.Planning;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Devices;

/// <summary>What is to be done about one desired value, and how it is reported meanwhile.</summary>
public abstract record DesiredVerdict
{
    private DesiredVerdict() { } // closed: every case is in this file

    public abstract PropertyPhase Phase { get; }

    public abstract string? Message { get; }

    /// <summary>Nothing is to be done: applied, drifted after it was applied once, unconfirmed, or expired.</summary>
    public sealed record Settled(PropertyPhase Is, string? Because = null) : DesiredVerdict
    {
        public override PropertyPhase Phase => Is;

        public override string? Message => Because;
    }

    /// <summary>Something is awaited; <paramref name="Is"/> is what the property is until then.</summary>
    public sealed record Waiting(Hold Hold, PropertyPhase Is = PropertyPhase.Pending) : DesiredVerdict
    {
        public override PropertyPhase Phase => Is;

        public override string? Message => $"waits for {Hold.What} until {Hold.Until}";
    }

    /// <summary>The bundle asks for what the device does not do.</summary>
    public sealed record Failing(PropertyPhase Is, string Why) : DesiredVerdict
    {
        /// <summary>When it is worth trying again.</summary>
        public TimeSpan? RecheckAfter { get; init; }

        public override PropertyPhase Phase => Is;

        public override string? Message => Why;
    }

    public sealed record Act(DeviceStep Step, PropertyPhase Is = PropertyPhase.Pending) : DesiredVerdict
    {
        public override PropertyPhase Phase => Is;

        public override string? Message => Step.Because;
    }
}
