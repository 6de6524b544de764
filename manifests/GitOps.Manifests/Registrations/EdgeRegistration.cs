using GitOps.Bundles;

namespace GitOps.Manifests.Registrations;

/// <summary>
/// The Kubernetes object that lets one machine become one node of a fleet, as <c>manifests/crds</c> defines it
/// (docs/contracts.md §18). Tests hold the definition and these types together.
/// </summary>
public static class EdgeRegistration
{
    public const string Group = "gitops.edge";
    public const string Version = "v1";
    public const string ApiVersion = $"{Group}/{Version}";
    public const string Kind = "EdgeRegistration";
    public const string Plural = "edgeregistrations";

    /// <summary>For how long after the object was made a token without <see cref="EdgeRegistrationSpec.Expires"/> is good.</summary>
    public static readonly TimeSpan DefaultLife = TimeSpan.FromDays(90);

    private const string Resource = "GitOps.Manifests.crds.gitops.edge_edgeregistrations.yaml";

    /// <summary>The CustomResourceDefinition, YAML.</summary>
    public static string Definition { get; } = ReadDefinition();

    private static string ReadDefinition()
    {
        using var stream = typeof(EdgeRegistration).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

/// <summary>What is asked for.</summary>
/// <param name="Node">The node; the object has the same name.</param>
/// <param name="Fleet">The fleet's uid.</param>
/// <param name="TokenHash"><see cref="EnrolmentText.HashOf"/> of the token.</param>
public sealed record EdgeRegistrationSpec(string Node, string Fleet, string TokenHash)
{
    /// <summary>When the token stops being good, used or not; null: <see cref="EdgeRegistration.DefaultLife"/> after the object was made.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>While true, the token is not taken and the node's certificate is not renewed.</summary>
    public bool? Suspended { get; init; }
}

/// <summary>What the control plane says of it.</summary>
public sealed record EdgeRegistrationStatus(EquatableArray<RegistrationCondition> Conditions)
{
    public const string Enrolled = "Enrolled";
    public const string CertificateValid = "CertificateValid";

    /// <summary>The <c>metadata.generation</c> that this speaks of.</summary>
    public long? ObservedGeneration { get; init; }
}

/// <summary>A Condition of Kubernetes (meta/v1).</summary>
/// <param name="Status"><c>True</c>, <c>False</c> or <c>Unknown</c>.</param>
public sealed record RegistrationCondition(string Type, string Status, DateTimeOffset LastTransitionTime, string Reason, string Message)
{
    public long? ObservedGeneration { get; init; }
}
