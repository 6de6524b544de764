using System.Text;
using System.Text.Json;
using GitOps.Bundles;
using GitOps.Platform.Files;
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

    public TimeSpan Validity { get; init; } = TimeSpan.FromDays(397);
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
/// unasked. The node's key exists in that folder only.
/// </summary>
public static class NodeIdentity
{
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

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

        var issued = authority.Issue(ca => ca.IssueNode(enrolment.Node, enrolment.Fleet, enrolment.Validity));
        Write(enrolment, issued, authority.CertificatePem, layer);
        authority.Replace(enrolment.Node, issued.Record.Serial); // last: until the new folder is there, the node needs the old one
        return new NodeEnrolled.Added(enrolment.Folder, issued.Record);
    }

    private static void Write(NodeEnrolment enrolment, IssuedCertificate issued, string authorityPem, IFileLayer layer)
    {
        var (parent, name) = (FilePath.Parent(enrolment.Folder), Path.GetFileName(enrolment.Folder));
        var (staged, replaced) = ($"{parent}/.{name}.new", $"{parent}/.{name}.old");
        layer.EnsureDirectory(parent, FolderMode);
        layer.RemoveTree(staged); // what a crash left
        layer.CreateDirectory(staged, FolderMode);
        issued.Save(layer, $"{staged}/node.crt", $"{staged}/node.key");
        AtomicFile.Write(layer, $"{staged}/ca.crt", Encoding.UTF8.GetBytes(authorityPem), AtomicFile.Readable);
        AtomicFile.Write(layer, $"{staged}/root.json", enrolment.Root.Span, AtomicFile.Readable);
        AtomicFile.Write(layer, $"{staged}/agent.json", AgentJson(enrolment), AtomicFile.Readable);
        AtomicFile.Write(layer, $"{staged}/policy.json",
            Lines(JsonSerializer.Serialize(PolicyFile.Restrictive, NodeFilesJson.Default.PolicyFile)), AtomicFile.Readable);

        layer.RemoveTree(replaced);
        if (layer.Stat(enrolment.Folder) is not null)
        {
            // A directory cannot be renamed over a full one; a crash in between leaves the old one beside its name.
            layer.Rename(enrolment.Folder, replaced);
        }

        layer.Rename(staged, enrolment.Folder);
        layer.FlushDirectory(parent);
        layer.RemoveTree(replaced);
    }

    private static byte[] AgentJson(NodeEnrolment enrolment)
    {
        var file = new AgentFile(1, enrolment.Fleet, enrolment.Node, Address(enrolment.Server))
        {
            Broker = enrolment.Broker is { } broker ? Address(broker) : null,
        };
        return Lines(JsonSerializer.Serialize(file, NodeFilesJson.Default.AgentFile));
    }

    private static string Address(Uri address) => address.ToString().TrimEnd('/');

    private static byte[] Lines(string text) => Encoding.UTF8.GetBytes(text + "\n");

    private static NodeEnrolled.Refused Refuse(ErrorCode code, string what, string fix) => new(new Problem(code, what, fix));
}
