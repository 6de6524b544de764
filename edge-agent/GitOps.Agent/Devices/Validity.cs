using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>
/// <c>validForMs</c>: counted from when the node first saw the version, whether or not the device was there, by the time since boot. Across a reboot that says
/// nothing; then the wall clock is asked, if it is trusted now and was then. Without either the value is not written.
/// </summary>
internal static class Validity
{
    /// <summary>Null when the value may be written.</summary>
    public static DesiredVerdict? Check(
        DesiredValue desired, Digest version, DeviceMemory memory, string property, BootTime boot, PlanContext context)
    {
        if (desired.ValidForMs is not { } validForMs)
        {
            return null;
        }

        if (memory.FirstSeenOf(property, version) is not { } first)
        {
            return new DesiredVerdict.Waiting(new Hold("the agent's state directory",
                Until: $"it takes the note of when {property} = {desired.Value} was first seen"));
        }

        if (first.Boot.Id != boot.Id && first.ClockTrusted && !context.ClockTrusted)
        {
            return new DesiredVerdict.Waiting(new Hold("the clock", Until: $"it tells whether {property} = {desired.Value} is still valid"));
        }

        return first.Elapsed(new Moment(boot, context.Now, context.ClockTrusted)) is { } age && age >= TimeSpan.Zero && age <= TimeSpan.FromMilliseconds(validForMs)
            ? null
            : new DesiredVerdict.Settled(PropertyPhase.Expired, $"{desired.Value} was valid for {validForMs} ms and is not written any more");
    }
}
