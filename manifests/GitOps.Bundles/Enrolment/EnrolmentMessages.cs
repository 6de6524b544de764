using GitOps.Bundles.Publications;

namespace GitOps.Bundles.Enrolment;

/// <summary>What <c>GET /v1/enroll</c> answers: PEM certificates, of which one has the fingerprint that the machine was given.</summary>
public sealed record AuthoritiesAnswer(EquatableArray<string> Authorities)
{
    public int Format { get; init; } = 1;
}

/// <summary>What a machine sends to become a node: <c>POST /v1/enroll</c> (docs/contracts.md §9).</summary>
/// <param name="Token">What <c>gitops enroll create</c> printed.</param>
/// <param name="Csr">PKCS #10 of the machine's own key, PEM.</param>
/// <param name="SealRecipient">What its secrets are to be sealed to: <c>age1…</c>.</param>
public sealed record EnrolRequest(string Token, string Csr, string SealRecipient)
{
    public int Format { get; init; } = 1;

    /// <summary>Who it believes to be; absent: whoever the token is for.</summary>
    public string? Node { get; init; }

    // The generated text would print the token into a log.
    public override string ToString() => $"a request to enrol {Node ?? "a node"}";
}

/// <summary>What makes it a node.</summary>
/// <param name="Certificate">PEM.</param>
/// <param name="Authorities">PEM certificates of the authorities that issue nodes' and servers' certificates.</param>
/// <param name="Root">The fleet's newest root of trust.</param>
/// <param name="GenerationFloor">No pointer below this generation is followed; 0: any.</param>
/// <param name="Server">Where the node API is reached from now on.</param>
public sealed record EnrolAnswer(
    string Fleet, string Node, string Certificate, EquatableArray<string> Authorities, DsseEnvelope Root, long GenerationFloor, string Server)
{
    public int Format { get; init; } = 1;

    /// <summary>Where the broker is reached; absent: the node polls.</summary>
    public string? Broker { get; init; }
}

/// <summary>What a node sends before its certificate ends: <c>POST /v1/&lt;fleet&gt;/renew</c>, with that certificate.</summary>
/// <param name="Csr">PKCS #10 of the key that the next certificate is for, PEM.</param>
public sealed record RenewRequest(string Csr, string SealRecipient)
{
    public int Format { get; init; } = 1;
}

public sealed record RenewAnswer(string Certificate, EquatableArray<string> Authorities, long GenerationFloor)
{
    public int Format { get; init; } = 1;
}
