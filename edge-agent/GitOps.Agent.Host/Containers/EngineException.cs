namespace GitOps.Agent.Host.Containers;

/// <summary>The engine does not answer, or refuses; the message is its own, for people.</summary>
/// <param name="status">Its HTTP status; null when it did not answer.</param>
internal sealed class EngineException(int? status, string message) : Exception(message)
{
    public int? Status => status;

    public bool IsAway => status is null;
}
