namespace GitOps.Agent.TimeSync;

/// <summary>Tells whether the wall clock is known to be right: within the bound that the clock unit of the bundle asks for.</summary>
public interface IClockTrust
{
    /// <summary>False also while nothing is known, and where the bundle holds no clock unit.</summary>
    bool IsTrusted { get; }
}
