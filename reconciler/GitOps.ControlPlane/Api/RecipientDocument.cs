namespace GitOps.ControlPlane.Api;

/// <summary>What secrets of a node are sealed to, as it said when it enrolled: public.</summary>
/// <param name="Recipient">Of age: <c>age1…</c>.</param>
public sealed record RecipientDocument(string Node, string Recipient);

/// <summary>What <c>GET /api/v1/recipients</c> answers, by node: of all that are in the fleet.</summary>
public sealed record RecipientPage(IReadOnlyList<RecipientDocument> Recipients)
{
    public int Format { get; init; } = 1;
}
