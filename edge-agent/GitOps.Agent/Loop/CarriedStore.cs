using System.Collections.Immutable;
using System.Text;
using GitOps.Agent.Generations;
using GitOps.Bundles;
using GitOps.Bundles.Publications;

namespace GitOps.Agent.Loop;

/// <summary>The small documents of a store that a person carried here as a file. Nothing of it is verified.</summary>
/// <param name="Roots">By version.</param>
public sealed record CarriedStore(ImmutableSortedDictionary<long, byte[]> Roots, byte[]? Head, byte[] Pointer)
{
    private const int LongestChain = 64;

    /// <summary>The node's secrets; null when there are none in it.</summary>
    public byte[]? Sealed { get; init; }

    /// <summary>
    /// Whether this node follows the pointer, by the same rules as from the fleet's store: judged before anything else of the
    /// file is taken. <see cref="PointerVerdict.Known"/> where the generation was seen already, e.g. before the network went.
    /// </summary>
    public PointerVerdict Judge(NodeIdentity identity, DurableState state) => PointerCheck.Check(Pointer, new PointerContext(
        identity.Fleet, identity.Node, Keys(identity, state), state.Generations.SeenGeneration, state.Generations.SeenBundle)
    {
        Floor = identity.GenerationFloor(),
    });

    /// <summary>The publication keys that count once its roots are followed.</summary>
    public EquatableArray<TrustedKey> Keys(NodeIdentity identity, DurableState state) =>
        (Follow(identity.NewestRoot(state.Root), identity.Fleet) is { Roots: [.., var newest] } ? newest.Root : identity.NewestRoot(state.Root)).PublicationKeys;

    /// <summary>Follows trust root by root, each judged by the one before.</summary>
    internal TrustLook Follow(RootStatement current, string fleet)
    {
        List<FollowedRoot> followed = [];
        Problem? refused = null;
        while (refused is null && followed.Count < LongestChain && Roots.TryGetValue(current.Version + 1, out var bytes))
        {
            switch (current.ReadNext(bytes))
            {
                case RootReading.Trusted(var next):
                    followed.Add(new FollowedRoot(next, Encoding.UTF8.GetString(bytes)));
                    current = next;
                    break;
                case RootReading.Refused(var problem):
                    refused = problem;
                    break;
            }
        }

        var head = Head is null ? null : HeadStatement.TryRead(Head, fleet, current.PublicationKeys);
        return new TrustLook(followed.ToEquatableArray(), refused, head, Away: false);
    }
}
