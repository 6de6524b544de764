using GitOps.Manifests.Registrations;
using Pulumi;
using Pulumi.Kubernetes.ApiExtensions;
using CustomResource = Pulumi.Kubernetes.ApiExtensions.CustomResource;

namespace GitOps.Infra.Edge;

/// <summary>The spec of an EdgeRegistration; the members are those of <see cref="EdgeRegistrationSpec"/>.</summary>
internal sealed class RegistrationSpecArgs : ResourceArgs
{
    [Input("node", required: true)]
    public required Input<string> Node { get; init; }

    [Input("fleet", required: true)]
    public required Input<string> Fleet { get; init; }

    [Input("tokenHash", required: true)]
    public required Input<string> TokenHash { get; init; }

    [Input("expires")]
    public Input<string>? Expires { get; init; }

    [Input("suspended")]
    public Input<bool>? Suspended { get; init; }
}

internal sealed class RegistrationArgs() : CustomResourceArgs(EdgeRegistration.ApiVersion, EdgeRegistration.Kind)
{
    [Input("spec", required: true)]
    public required Input<RegistrationSpecArgs> Spec { get; init; }
}

/// <summary>An EdgeRegistration of the cluster.</summary>
internal sealed class Registration(string name, RegistrationArgs args, CustomResourceOptions options) : CustomResource(name, args, options);
