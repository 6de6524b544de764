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
/// <param name="keys">Asked for once a look: the keys for secrets, <c>age1…</c>, of the nodes that have one.</param>
public sealed class Sealer(ContentStore store, ISigner signer, AgeIdentity key, Func<IReadOnlyDictionary<string, string>> keys)
{
    private const long PieceBytes = 8 << 20;
    private readonly SortedDictionary<string, EquatableArray<SealedSource>> _needs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Done> _done = new(StringComparer.Ordinal);
    private readonly Ciphertexts _ciphertexts = new(key);
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

        _ciphertexts.Keep(sources.Values.Select(source => source.Version));
        _bundles = bundles;
    }

    /// <summary>Seals what is due.</summary>
    /// <exception cref="Platform.Files.FileLayerException">The disk failed.</exception>
    internal SealingStep Step()
    {
        var recipients = keys();
        List<Sealed> waiting = [];
        List<RolloutHold> holds = [];
        var bytes = 0L;
        try
        {
            foreach (var (node, needs) in _needs)
            {
                if (recipients.GetValueOrDefault(node) is not { } text || AgeRecipient.TryParse(text) is not { } recipient)
                {
                    holds.Add(new RolloutHold(node, $"a key that its secrets [{string.Join(", ", needs.Select(need => need.Name))}] can be sealed to",
                        "the node is enrolled with one"));
                }
                else if (Seal(node, needs, recipient) is not { } made)
                {
                    continue;
                }
                else if (made.Bytes.Length > DsseEnvelope.MaxBytes)
                {
                    holds.Add(new RolloutHold(node, $"its secrets [{string.Join(", ", needs.Select(need => need.Name))}], which have {made.Bytes.Length} bytes together",
                        $"they have at most {DsseEnvelope.MaxBytes}"));
                }
                else
                {
                    waiting.Add(made);
                    bytes += made.Bytes.Length;
                    if (bytes > PieceBytes)
                    {
                        Store(waiting);
                        bytes = 0;
                    }
                }
            }

            Store(waiting);
            return new SealingStep(holds.ToEquatableArray(), _ciphertexts.Problem);
        }
        finally
        {
            _ciphertexts.Forget();
        }
    }

    /// <summary>The signed object of a node; null when the one in the store will do.</summary>
    private Sealed? Seal(string node, EquatableArray<SealedSource> needs, AgeRecipient recipient)
    {
        var done = new Done(recipient.ToString(), needs.Select(need => new Promise(need.Version, need.Keys)).ToEquatableArray());
        var last = _done.GetValueOrDefault(node);
        if (last == done && store.HasSealed(node))
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
            // The manifest may promise other keys of the same file: that is looked at again.
            var isSame = last is null || last.Promises.Contains(new Promise(need.Version, need.Keys));
            if ((isSame && before.TryGetValue(need.Version, out var age)) || (age = _ciphertexts.SealTo(recipient, need)) is not null)
            {
                secrets[need.Version.ToString()] = new SealedSecret(need.Version, age);
            }
        }

        if (before.Count > 0 && secrets.Values.All(secret => before.GetValueOrDefault(secret.Version) == secret.Age))
        {
            _done[node] = done; // as another process left it; what it has too many does no harm
            return null;
        }

        // What the node is still pointed at stays, until its wave comes.
        foreach (var version in before.Count == 0 ? [] : VersionsOfPointer(node).Where(before.ContainsKey))
        {
            secrets[version.ToString()] = new SealedSecret(version, before[version]);
        }

        return new Sealed(node, done, new SealedSecrets { Fleet = store.Fleet, Node = node, Recipient = done.Recipient, Secrets = secrets.Values.ToEquatableArray() }
            .Sign(signer).ToBytes());
    }

    private IEnumerable<Digest> VersionsOfPointer(string node) =>
        store.PointerOf(node)?.Bundle is { } bundle && store.ReadBlob(bundle) is { } bytes && BundleJson.Read(bytes) is BundleReading.Read(var read)
            ? read.SealedVersions()
            : [];

    private void Store(List<Sealed> waiting)
    {
        if (waiting.Count == 0)
        {
            return;
        }

        store.Seal([.. waiting.Select(one => KeyValuePair.Create(one.Node, one.Bytes))]);
        foreach (var one in waiting)
        {
            _done[one.Node] = one.Done;
        }

        waiting.Clear();
    }

    /// <summary>What a node's object was made for.</summary>
    private sealed record Done(string Recipient, EquatableArray<Promise> Promises);

    private sealed record Promise(Digest Version, EquatableArray<string> Keys);

    private sealed record Sealed(string Node, Done Done, byte[] Bytes);
}
