namespace GitOps.Bundles.Publications;

/// <summary>What a node holds against a pointer: who it is, whom it trusts, and the newest it accepted.</summary>
public sealed record PointerContext(string Fleet, string Node, EquatableArray<TrustedKey> PublicationKeys, long SeenGeneration, Digest? SeenBundle)
{
    /// <summary>What the control plane said at enrolment or renewal that the node's pointer has; 0: nothing.</summary>
    public long Floor { get; init; }
}

public abstract record PointerVerdict
{
    private PointerVerdict() { } // closed: every case is in this file

    public sealed record Accepted(Pointer Pointer, PublicationStatement Statement) : PointerVerdict;

    /// <summary>The newest the node has accepted already.</summary>
    public sealed record Known : PointerVerdict;

    public sealed record Refused(Problem Problem) : PointerVerdict;
}

/// <summary>Decides whether a node follows a pointer (DESIGN §4). Needs no clock.</summary>
public static class PointerCheck
{
    public static PointerVerdict Check(ReadOnlySpan<byte> bytes, PointerContext context)
    {
        if (Pointer.TryRead(bytes) is not { } pointer)
        {
            return Refuse(BundleCodes.Unreadable, $"{bytes.Length} bytes are no pointer of format 1");
        }

        switch (pointer.Publication.Open(PublicationStatement.PayloadType, context.PublicationKeys, threshold: 1))
        {
            case SignedPayload.Refused(var problem):
                return new PointerVerdict.Refused(problem);
            case SignedPayload.Opened(var payload) when PublicationStatement.TryRead(payload.Span) is { } statement:
                return Check(pointer, statement, context);
            default:
                return Refuse(BundleCodes.Unreadable, "what is signed is no publication of format 1");
        }
    }

    private static PointerVerdict Check(Pointer pointer, PublicationStatement statement, PointerContext context)
    {
        var leaf = pointer.Leaf;
        if (!LeadsToRoot(pointer, statement))
        {
            return Refuse(BundleCodes.BadProof,
                $"the proof of leaf {pointer.Proof.Index} of {pointer.Proof.Size} does not lead to the root {statement.Root}");
        }

        if (leaf.Fleet != context.Fleet || leaf.Node != context.Node || statement.Fleet != context.Fleet)
        {
            return Refuse(BundleCodes.WrongAddressee,
                $"it is for node '{leaf.Node}' of fleet {leaf.Fleet}, this is '{context.Node}' of {context.Fleet}");
        }

        if (leaf.Generation != statement.Generation || (leaf.Bundle is null) == (leaf.Decommission is null))
        {
            return Refuse(BundleCodes.Unreadable, "leaf and publication contradict each other");
        }

        if (leaf.Generation < context.SeenGeneration)
        {
            return Refuse(BundleCodes.OlderGeneration,
                $"it has generation {leaf.Generation}, this node has seen {context.SeenGeneration}");
        }

        if (leaf.Generation < context.Floor)
        {
            return Refuse(BundleCodes.OlderGeneration,
                $"it has generation {leaf.Generation}, and this node was told at its enrolment or renewal that it has {context.Floor}");
        }

        if (leaf.Generation == context.SeenGeneration)
        {
            return leaf.Bundle == context.SeenBundle
                ? new PointerVerdict.Known()
                : Refuse(BundleCodes.Equivocation,
                    $"generation {leaf.Generation} named bundle {context.SeenBundle} and now names {leaf.Bundle}");
        }

        if (leaf.BundleFormat != Bundle.CurrentFormat && leaf.Bundle is not null)
        {
            return Refuse(BundleCodes.UnknownFormat,
                $"the bundle has format {leaf.BundleFormat}, this agent reads format {Bundle.CurrentFormat}");
        }

        return new PointerVerdict.Accepted(pointer, statement);
    }

    private static bool LeadsToRoot(Pointer pointer, PublicationStatement statement)
    {
        if (pointer.Proof.Size != statement.Size || pointer.Proof.Hashes.Any(h => h.Length != 64 || !h.All(char.IsAsciiHexDigitLower)))
        {
            return false;
        }

        var path = pointer.Proof.Hashes.Select(Convert.FromHexString).ToList();
        var root = MerkleTree.RootOf(
            MerkleTree.HashLeaf(pointer.Leaf.ToBytes()), pointer.Proof.Index, pointer.Proof.Size, path);
        return root is not null && Convert.ToHexStringLower(root) == statement.Root;
    }

    private static PointerVerdict.Refused Refuse(ErrorCode code, string what) =>
        new(new Problem(code, what, "the node keeps what it has; check the store and who signs for this fleet"));
}
