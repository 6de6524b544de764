namespace GitOps.ControlPlane.Reconciling;

/// <summary>A pointer that was just opened: what a hint tells its node.</summary>
public readonly record struct PublishedPointer(string Node, long Generation);
