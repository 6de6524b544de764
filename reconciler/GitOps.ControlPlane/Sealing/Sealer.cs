using System.Security.Cryptography;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;
using GitOps.ControlPlane.Store;
using GitOps.Platform.Age;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Rollouts;
using GitOps.Reconciler.Targeting;

namespace GitOps.ControlPlane.Sealing;

/// <summary>What one look did. <paramref name="Holds"/>: nodes that cannot be sealed to yet.</summary>
internal sealed record SealingStep(EquatableArray<RolloutHold> Holds, Problem? Problem);

/// <summary>
/// Brings the secrets of Git to the nodes whose bundles have holes for them: opens what it can, seals it to each node's own key,
/// and signs it, before any pointer that needs it is opened. What it cannot open was encrypted to nodes, and passes as it is.
/// Only what changed is sealed again: a node's secrets, or its key. Never holds back a publication.
/// </summary>
/// <param name="key">What secrets in Git are encrypted to.</param>
/// <param name="keys">Asked for once a look: a node's key for secrets, <c>age1…</c>; null where it has none.</param>
public sealed class Sealer(ContentStore store, ISigner signer, AgeIdentity key, Func<Func<string, string?>> keys)
{
    private const long PieceBytes = 8 << 20;
    private readonly SortedDictionary<string, EquatableArray<SealedSource>> _needs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Done> _done = new(StringComparer.Ordinal);
    private FleetBundles? _bundles;

    /// <summary>From here on the nodes need what these bundles have holes for.</summary>
    internal void Take(FleetBundles bundles)
    {
        var sources = SealedSource.Of(bundles.Manifest);
        foreach (var name in bundles.ChangedSince(_bundles))
        {
            var needs = bundles.TryGet(name, out var node)
                ? node.Secrets.Select(sources.GetValueOrDefault).OfType<SealedSource>().DistinctBy(source => source.Version)
                    .OrderBy(source => source.Version.ToString(), StringComparer.Ordinal).ToEquatableArray()
                : [];
            if (needs.IsEmpty)
            {
                _needs.Remove(name);
                _done.Remove(name);
            }
            else
            {
                _needs[name] = needs;
            }
        }

        _bundles = bundles;
    }

    /// <summary>Seals what is due.</summary>
    /// <exception cref="Platform.Files.FileLayerException">The disk failed.</exception>
    internal SealingStep Step()
    {
        var recipientOf = keys();
        var opened = new Dictionary<Digest, Opening>();
        List<KeyValuePair<string, byte[]>> objects = [];
        List<RolloutHold> holds = [];
        try
        {
            foreach (var (node, needs) in _needs)
            {
                if (recipientOf(node) is not { } text || AgeRecipient.TryParse(text) is not { } recipient)
                {
                    holds.Add(new RolloutHold(node, $"a key that its secrets [{string.Join(", ", needs.Select(need => need.Name))}] can be sealed to",
                        "the node is enrolled with one"));
                    continue;
                }

                if (Seal(node, needs, recipient, opened) is { } sealedBytes)
                {
                    objects.Add(new(node, sealedBytes));
                    if (objects.Sum(one => (long)one.Value.Length) > PieceBytes)
                    {
                        Store(objects);
                    }
                }
            }

            Store(objects);
            return new SealingStep(holds.ToEquatableArray(), ProblemOf(opened));
        }
        finally
        {
            foreach (var opening in opened.Values)
            {
                CryptographicOperations.ZeroMemory(opening.Values);
            }
        }
    }

    /// <summary>The signed object of a node; null when the one in the store will do.</summary>
    private byte[]? Seal(string node, EquatableArray<SealedSource> needs, AgeRecipient recipient, Dictionary<Digest, Opening> opened)
    {
        var done = new Done(recipient.ToString(), needs.Select(need => need.Version).ToEquatableArray());
        if (_done.GetValueOrDefault(node) == done && store.HasSealed(node))
        {
            return null;
        }

        var before = store.ReadSealed(node) is { } bytes && SealedSecrets.TryRead(bytes, store.Fleet, node, [signer.Key]) is { } there &&
            there.Recipient == done.Recipient
                ? there.Secrets.ToDictionary(secret => secret.Version, secret => secret.Age)
                : [];
        var secrets = new SortedDictionary<string, SealedSecret>(StringComparer.Ordinal);
        foreach (var need in needs)
        {
            if (before.TryGetValue(need.Version, out var age) || (age = SealOne(need, recipient, opened)) is not null)
            {
                secrets[need.Version.ToString()] = new SealedSecret(need.Version, age);
            }
        }

        _done[node] = done;
        if (before.Count == secrets.Count && secrets.Values.All(secret => before.ContainsKey(secret.Version)) && store.HasSealed(node))
        {
            return null;
        }

        // What the node is still pointed at stays, until its wave comes.
        foreach (var version in before.Count == 0 ? [] : VersionsOfPointer(node).Where(before.ContainsKey))
        {
            secrets[version.ToString()] = new SealedSecret(version, before[version]);
        }

        return new SealedSecrets { Fleet = store.Fleet, Node = node, Recipient = done.Recipient, Secrets = secrets.Values.ToEquatableArray() }
            .Sign(signer).ToBytes();
    }

    /// <summary>Null when what Git holds cannot be sealed; <paramref name="opened"/> then says why.</summary>
    private string? SealOne(SealedSource need, AgeRecipient recipient, Dictionary<Digest, Opening> opened)
    {
        if (!opened.TryGetValue(need.Version, out var opening))
        {
            opened.Add(need.Version, opening = Open(need));
        }

        return opening.Wrong is not null ? null
            : Convert.ToBase64String(opening.Values is { } values ? AgeFile.Seal(values, [recipient]) : need.File.Span);
    }

    private Opening Open(SealedSource need)
    {
        switch (AgeFile.Open(need.File.Span, key))
        {
            case AgeOpening.Opened file:
                var plaintext = file.Plaintext();
                var (values, wrong) = SecretText.Read(need.Keys, plaintext);
                CryptographicOperations.ZeroMemory(plaintext);
                return new Opening(need.Name, values, wrong);
            case AgeOpening.ForOthers:
                return new Opening(need.Name, null, null);
            case AgeOpening.Malformed(var because):
                return new Opening(need.Name, null, because);
            case var other:
                throw new System.Diagnostics.UnreachableException(other.ToString());
        }
    }

    private IEnumerable<Digest> VersionsOfPointer(string node) =>
        store.PointerOf(node)?.Bundle is { } bundle && store.ReadBlob(bundle) is { } bytes && BundleJson.Read(bytes) is BundleReading.Read(var read)
            ? read.SealedVersions()
            : [];

    private void Store(List<KeyValuePair<string, byte[]>> objects)
    {
        if (objects.Count > 0)
        {
            store.Seal(objects);
            objects.Clear();
        }
    }

    private static Problem? ProblemOf(Dictionary<Digest, Opening> opened) =>
        opened.Values.Where(opening => opening.Wrong is not null).OrderBy(opening => opening.Name, StringComparer.Ordinal).ToList() is [var first, .. var more]
            ? new Problem(SealingCodes.NotSealed,
                What: $"the Secret '{first.Name}' cannot be sealed: {first.Wrong}" + (more.Count > 0 ? $", and {more.Count} more cannot" : ""),
                Fix: $"write it anew: 'gitops secret seal {first.Name} KEY=VALUE…'")
            : null;

    private sealed record Done(string Recipient, EquatableArray<Digest> Versions);

    /// <summary>What became of a file: the values, neither (it is for nodes only), or what is wrong.</summary>
    private sealed class Opening(string name, byte[]? values, string? wrong)
    {
        public string Name => name;

        public byte[]? Values => values;

        public string? Wrong => wrong;
    }
}
