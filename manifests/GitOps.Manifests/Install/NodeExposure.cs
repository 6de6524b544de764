namespace GitOps.Manifests.Install;

/// <summary>
/// How nodes reach a control plane in a pod: a Service of this type. They know it by one name and fixed ports, which their
/// configuration holds, so a type that gives it other ports is not among them.
/// </summary>
public enum NodeExposure
{
    LoadBalancer,

    /// <summary>Within the cluster; from outside by what somebody puts before it, or <c>kubectl port-forward</c>.</summary>
    ClusterIP,
}
