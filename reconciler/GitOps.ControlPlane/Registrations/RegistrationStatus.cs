using GitOps.ControlPlane.Identity;
using GitOps.Manifests.Registrations;
using GitOps.Platform.Tls;

namespace GitOps.ControlPlane.Registrations;

/// <summary>What is said in an object's status: as <see cref="EdgeRegistrationStatus"/>, in the order of its conditions.</summary>
internal sealed record RegistrationStatus(RegistrationCondition[] Conditions)
{
    public long? ObservedGeneration { get; init; }

    /// <summary>
    /// Pure. Nothing in it changes while a node only renews its certificate: a thousand nodes must not keep a cluster's store busy.
    /// </summary>
    /// <param name="before">What the object says now; the time of a condition that stays is kept.</param>
    /// <param name="token">The token of the object; null: there is none.</param>
    /// <param name="newest">The newest certificate of the node.</param>
    /// <param name="isWithdrawn">Whether that one was withdrawn.</param>
    public static RegistrationStatus Of(
        RegistrationObject registration, RegistrationStatus? before, string fleet, EnrolmentToken? token, IssuedRecord? newest, bool isWithdrawn, DateTimeOffset now)
    {
        var (enrolled, certificate) = (Enrolled(registration.Spec!, fleet, token, now), Certificate(newest, isWithdrawn, now));
        return new RegistrationStatus([Condition(EdgeRegistrationStatus.Enrolled, enrolled), Condition(EdgeRegistrationStatus.CertificateValid, certificate)])
        {
            ObservedGeneration = registration.Metadata.Generation,
        };

        RegistrationCondition Condition(string type, (bool IsTrue, string Reason, string Message) said)
        {
            var status = said.IsTrue ? "True" : "False";
            var since = before?.Conditions.FirstOrDefault(c => c.Type == type && c.Status == status)?.LastTransitionTime;
            return new RegistrationCondition(type, status, since ?? DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()), said.Reason, said.Message)
            {
                ObservedGeneration = registration.Metadata.Generation,
            };
        }
    }

    public bool IsSame(RegistrationStatus? other) =>
        other is not null && ObservedGeneration == other.ObservedGeneration && Conditions.AsSpan().SequenceEqual(other.Conditions);

    private static (bool, string, string) Enrolled(EdgeRegistrationSpec spec, string fleet, EnrolmentToken? token, DateTimeOffset now) =>
        spec.Fleet != fleet ? (false, "OtherFleet", $"this control plane is of fleet {fleet}")
        : spec.Suspended is true ? (false, "Suspended", "the token is not taken while spec.suspended is true")
        : !EnrolmentText.IsHash(spec.TokenHash) || token is null ? (false, "BadTokenHash", "spec.tokenHash is not sha256: and 64 hex digits, or another object has it")
        : token.UsedAt is not null ? (true, "TokenUsed", "a machine enrolled with the token")
        : now >= token.ExpiresAt ? (false, "TokenExpired", $"nobody enrolled before {token.ExpiresAt:u}; give it another token and a later spec.expires")
        : (false, "Waiting", "no machine has enrolled with the token yet");

    private static (bool, string, string) Certificate(IssuedRecord? newest, bool isWithdrawn, DateTimeOffset now) =>
        newest is null ? (false, "NoCertificate", "the node has no certificate")
        : isWithdrawn ? (false, "Withdrawn", "the node's newest certificate is withdrawn")
        : now >= newest.ValidUntil ? (false, "Expired", "the node's newest certificate has ended and was not renewed")
        : (true, "Valid", "the node has a certificate that is good now");
}
