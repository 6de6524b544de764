using GitOps.Bundles;
using GitOps.Bundles.Reports;
using MQTTnet;
using MQTTnet.Protocol;

namespace GitOps.ControlPlane.Distribution.Mqtt;

/// <summary>The messages of docs/contracts.md §6 that the control plane sends.</summary>
internal static class BrokerMessages
{
    public static MqttApplicationMessage Hint(string fleet, string node, long generation) =>
        Message(Topics.Hint(fleet, node), ReportJson.Write(new Hint(generation)), retain: true);

    public static MqttApplicationMessage Ack(string fleet, string node, Ack ack) =>
        Message(Topics.Ack(fleet, node), ReportJson.Write(ack), retain: false);

    private static MqttApplicationMessage Message(string topic, byte[] payload, bool retain) =>
        new MqttApplicationMessageBuilder()
            .WithTopic(topic)
            .WithPayload(payload)
            .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
            .WithRetainFlag(retain)
            .Build();
}
