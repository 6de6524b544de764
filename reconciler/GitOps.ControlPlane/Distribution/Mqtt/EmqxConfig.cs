namespace GitOps.ControlPlane.Distribution.Mqtt;

/// <summary>The rules of <see cref="BrokerAccess"/> as EMQX 5 reads them: terms of Erlang, of which the first that fits decides.</summary>
public static class EmqxConfig
{
    /// <summary>acl.conf. A certificate's name is the user name there (<c>mqtt.peer_cert_as_username = cn</c>).</summary>
    /// <param name="fleet">The fleet's uid.</param>
    public static string RenderAccess(string fleet) => string.Join('\n',
    [
        "%% Who may do what at the broker of a GitOps fleet: docs/contracts.md §12.",
        .. BrokerAccess.Rules(fleet, "${username}").Select(Term),
        "{deny, all}.",
        string.Empty,
    ]);

    private static string Term(AccessRule rule)
    {
        var who = rule.OfControlPlane ? $"{{username, \"{MosquittoConfig.ControlPlaneName}\"}}" : "all";
        return $"{{allow, {who}, {(rule.Reads ? "subscribe" : "publish")}, [\"{rule.Topic}\"]}}.";
    }
}
