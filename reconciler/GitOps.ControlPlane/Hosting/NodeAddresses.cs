namespace GitOps.ControlPlane.Hosting;

/// <summary>Where nodes reach a control plane of these settings, as it goes into their configuration.</summary>
internal static class NodeAddresses
{
    public static Uri Server(ControlPlaneSettings settings, int? port = null) => Address(settings, "https", port ?? settings.NodeEndpoint.Port);

    /// <summary>Null: they poll.</summary>
    public static Uri? Broker(ControlPlaneSettings settings) => settings.Broker switch
    {
        BrokerSetting.Embedded(var endpoint) => Address(settings, "mqtts", endpoint.Port),
        BrokerSetting.External(var address) => address,
        _ => null,
    };

    private static Uri Address(ControlPlaneSettings settings, string scheme, int port) => new UriBuilder(scheme, settings.Names[0], port).Uri;
}
