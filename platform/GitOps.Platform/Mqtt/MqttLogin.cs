namespace GitOps.Platform.Mqtt;

/// <summary>Who a broker knows a client as. Its text has no password.</summary>
public sealed record MqttLogin(string User, ReadOnlyMemory<byte> Password)
{
    public override string ToString() => User;
}
