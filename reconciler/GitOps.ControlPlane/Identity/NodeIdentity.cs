using GitOps.Bundles;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using GitOps.Platform.Identity;
using GitOps.Platform.Tls;

namespace GitOps.ControlPlane.Identity;

/// <summary>A node to be given an identity.</summary>
/// <param name="Fleet">The fleet's uid.</param>
/// <param name="Folder">Absolute; created, or replaced with <see cref="Force"/>.</param>
/// <param name="Root">The fleet's newest root of trust, as the store holds it.</param>
/// <param name="Server">Where nodes reach the node API.</param>
/// <param name="Broker">Where nodes reach the broker; null: they poll.</param>
public sealed record NodeEnrolment(
    string Node, string Fleet, string Folder, ReadOnlyMemory<byte> Root, Uri Server, Uri? Broker)
{
    /// <summary>Whether a folder that is there already is replaced, and an identity the node has already is revoked.</summary>
    public bool Force { get; init; }

    /// <summary>How long the certificate is good for; the agent renews it in time.</summary>
    public TimeSpan Validity { get; init; } = TimeSpan.FromDays(30);
}

/// <summary>What became of an enrolment. Closed.</summary>
public abstract record NodeEnrolled
{
    private NodeEnrolled() { }

    public sealed record Added(string Folder, IssuedRecord Certificate) : NodeEnrolled;

    public sealed record Refused(Problem Problem) : NodeEnrolled;
}

/// <summary>
/// Writes the folder a person carries to a node (docs/contracts.md §9): whole or not at all, and never over another one
/// unasked. The node's keys exist in that folder only.
/// </summary>
public static class NodeIdentity
{
    public static NodeEnrolled Add(NodeEnrolment enrolment, FleetAuthority authority, IFileLayer layer)
    {
        if (!Label.IsValid(enrolment.Node))
        {
            return Refuse(IdentityCodes.BadNodeName,
                $"'{enrolment.Node}' is not a node's name", "use 1 to 63 of a-z, 0-9 and inner hyphens, as in the EdgeNode's metadata.name");
        }

        if (layer.Stat(enrolment.Folder) is not null && !enrolment.Force)
        {
            return Refuse(IdentityCodes.FolderExists,
                $"{enrolment.Folder} is there already", "choose another folder, or replace it with --force; the node then needs the new one");
        }

        try
        {
            return Issue(enrolment, authority, layer);
        }
        catch (AuthorityBusyException busy)
        {
            return Refuse(IdentityCodes.AuthorityBusy, busy.Message, "try again in a moment");
        }
    }

    private static NodeEnrolled Issue(NodeEnrolment enrolment, FleetAuthority authority, IFileLayer layer)
    {
        if (!enrolment.Force && authority.CurrentOf(enrolment.Node) is { } current)
        {
            return Refuse(IdentityCodes.NodeHasIdentity,
                FormattableString.Invariant($"{enrolment.Node} has the certificate {current.Serial}, good until {current.ValidUntil:u}"),
                "carry the folder that was written then, or give it a new identity with --force: the one it has is revoked");
        }

        var seal = AgeIdentity.Generate();
        var issued = authority.Issue(ca => ca.IssueNode(enrolment.Node, enrolment.Fleet, enrolment.Validity, seal.Recipient.ToString()));
        IdentityFolder.Write(layer, enrolment.Folder, new IdentityFiles(
            enrolment.Fleet, enrolment.Node, issued.KeyPem, issued.CertificatePem, authority.CertificatePem, enrolment.Root, enrolment.Server)
        {
            Broker = enrolment.Broker,
            SealKey = seal.ToSecretText(),
        });
        authority.Replace(enrolment.Node, issued.Record); // last: until the new folder is there, the node needs the old one
        return new NodeEnrolled.Added(enrolment.Folder, issued.Record);
    }

    private static NodeEnrolled.Refused Refuse(ErrorCode code, string what, string fix) => new(new Problem(code, what, fix));
}
