using GitOps.Platform.Identity;

namespace GitOps.Agent.Host.Configuration;

/// <summary>Where everything of one agent lies.</summary>
/// <param name="Identity">The folder a person carried here: keys, certificates, root, agent.json, policy.json.</param>
/// <param name="State">What the agent must not forget; nobody else writes there.</param>
internal sealed record AgentPaths(string Identity, string State)
{
    public string Key => $"{Identity}/{IdentityFolder.Key}";

    public string Certificate => $"{Identity}/{IdentityFolder.Certificate}";

    public string Authority => $"{Identity}/{IdentityFolder.Authority}";

    /// <summary>Made and not yet in use, while a certificate for it is asked for.</summary>
    public string NextKey => $"{Key}.next";

    /// <summary>For <see cref="NextKey"/>: once it is there, both take the place of those in use, whatever happens.</summary>
    public string NextCertificate => $"{Certificate}.next";

    /// <summary>The identity of age that opens the node's secrets.</summary>
    public string SealKey => $"{Identity}/{IdentityFolder.SealKey}";

    /// <summary>The generation that the node's pointer had at enrolment or at the last renewal.</summary>
    public string Floor => $"{Identity}/{IdentityFolder.Floor}";

    public string Root => $"{Identity}/{IdentityFolder.Root}";

    public string Lock => $"{State}/agent.lock";

    /// <summary>The node's secrets, sealed.</summary>
    public string Sealed => $"{State}/sealed";

    public string Blobs => $"{State}/blobs";

    /// <summary>Records of files the agent made, and the originals of those it took over.</summary>
    public string Files => $"{State}/files";

    /// <summary>Orders to and reports of shims, one pair per workload.</summary>
    public string Runs => $"{State}/runs";

    /// <summary>The workloads' own directories.</summary>
    public string Units => $"{State}/units";

    /// <summary>What the agent notes of groups of containers.</summary>
    public string Containers => $"{State}/containers";

    /// <summary>Which images the agent pulled.</summary>
    public string Images => $"{State}/images.json";

    /// <summary>Where a container engine listens that the agent starts by need; in the closed folder of <see cref="Socket"/>.</summary>
    public string EngineSocket => $"{State}/control/engine.sock";

    public string Logs => $"{State}/logs";

    /// <summary>What happened to the generations of this node, for people.</summary>
    public string History => $"{State}/history.log";

    /// <summary>What was fetched day by day, where a budget counts it.</summary>
    public string Link => $"{State}/link.json";

    /// <summary>What is noted of syncs of volumes.</summary>
    public string Syncs => $"{State}/syncs";

    /// <summary>What devices said and the control plane does not have yet: a folder for each device.</summary>
    public string Values => $"{State}/values";

    public string Reports => $"{State}/reports.log";

    /// <summary>In a folder of its own, closed to others: a socket has no mode before it is bound.</summary>
    public string Socket => $"{State}/control/agent.sock";
}
