namespace GitOps.Platform.Mqtt;

/// <summary>Whether the broker is reached. Closed.</summary>
public abstract record MqttLinkState
{
    private MqttLinkState()
    {
    }

    /// <summary>Connected and subscribed.</summary>
    public sealed record Connected : MqttLinkState;

    /// <summary>Not connected, why, and how long until the next try.</summary>
    public sealed record Disconnected(string Because, TimeSpan RetryIn) : MqttLinkState;

    /// <summary>Not started, or stopped on purpose.</summary>
    public sealed record Stopped : MqttLinkState;
}
