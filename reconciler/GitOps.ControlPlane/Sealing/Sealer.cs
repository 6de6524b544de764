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
    private const int PieceNodes = 1000; // so many objects are in memory at once
    private readonly SortedDictionary<string, Need> _needs = new(StringComparer.Ordinal);
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
                _needs[name] = new Need(needs, needs.Select(need => new Promise(need.Version, need.Keys)).ToEquatableArray());
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
        List<Due> due = [];
        List<RolloutHold> holds = [];
        foreach (var (node, need) in _needs)
        {
            var (text, last) = (recipients.GetValueOrDefault(node), _done.GetValueOrDefault(node));
            if (text is not null && last?.Recipient == text && last.Promises == need.Promises && store.HasSealed(node))
            {
                continue; // nearly all of them, each time
            }

            if (AgeRecipient.TryParse(text) is { } recipient)
            {
                due.Add(new Due(node, need, recipient, last));
            }
            else
            {
                holds.Add(new RolloutHold(node, $"a key that its secrets [{need.Names}] can be sealed to", "the node is enrolled with one"));
            }
        }

        try
        {
            foreach (var piece in due.Chunk(PieceNodes))
            {
                Store(piece, holds);
            }

            return new SealingStep(holds.ToEquatableArray(), _ciphertexts.Problem);
        }
        finally
        {
            _ciphertexts.Forget();
        }
    }

    /// <summary>Exchanges of keys are what costs, so they are made side by side; signed and stored is one after the other.</summary>
    private void Store(Due[] due, List<RolloutHold> holds)
    {
        var made = new SealedSecrets?[due.Length];
        Parallel.For(0, due.Length, i => made[i] = Seal(due[i]));
        List<KeyValuePair<string, byte[]>> objects = [];
        List<Due> done = [];
        foreach (var (one, secrets) in due.Zip(made))
        {
            var bytes = secrets?.Sign(signer).ToBytes();
            if (bytes is { Length: > DsseEnvelope.MaxBytes })
            {
                holds.Add(new RolloutHold(one.Node, $"its secrets [{one.Need.Names}], which have {bytes.Length} bytes together", $"they have at most {DsseEnvelope.MaxBytes}"));
                continue;
            }

            done.Add(one);
            if (bytes is not null)
            {
                objects.Add(new(one.Node, bytes));
            }
        }

        if (objects.Count > 0)
        {
            store.Seal(objects);
        }

        foreach (var one in done)
        {
            _done[one.Node] = new Done(one.Recipient.ToString(), one.Need.Promises);
        }
    }

    /// <summary>What a node is to have; null when what is in the store will do. By any thread.</summary>
    private SealedSecrets? Seal(Due due)
    {
        var recipient = due.Recipient.ToString();
        var before = store.ReadSealed(due.Node) is { } bytes && SealedSecrets.TryRead(bytes, store.Fleet, due.Node, [signer.Key]) is { } there &&
            there.Recipient == recipient
                ? there.Secrets.ToDictionary(secret => secret.Version, secret => secret.Age)
                : [];
        var secrets = new SortedDictionary<string, SealedSecret>(StringComparer.Ordinal);
        foreach (var source in due.Need.Sources)
        {
            // The manifest may promise other keys of the same file: that is looked at again.
            var isSame = due.Last is null || due.Last.Promises.Contains(new Promise(source.Version, source.Keys));
            if ((isSame && before.TryGetValue(source.Version, out var age)) || (age = _ciphertexts.SealTo(due.Recipient, source)) is not null)
            {
                secrets[source.Version.ToString()] = new SealedSecret(source.Version, age);
            }
        }

        if (before.Count > 0 && secrets.Values.All(secret => before.GetValueOrDefault(secret.Version) == secret.Age))
        {
            return null; // as another process left it; what it has too many does no harm
        }

        // What the node is still pointed at stays, until its wave comes.
        foreach (var version in before.Count == 0 ? [] : VersionsOfPointer(due.Node).Where(before.ContainsKey))
        {
            secrets.TryAdd(version.ToString(), new SealedSecret(version, before[version]));
        }

        return new SealedSecrets { Fleet = store.Fleet, Node = due.Node, Recipient = recipient, Secrets = secrets.Values.ToEquatableArray() };
    }

    private IEnumerable<Digest> VersionsOfPointer(string node) =>
        store.PointerOf(node)?.Bundle is { } bundle && store.ReadBlob(bundle) is { } bytes && BundleJson.Read(bytes) is BundleReading.Read(var read)
            ? read.SealedVersions()
            : [];

    private sealed record Need(EquatableArray<SealedSource> Sources, EquatableArray<Promise> Promises)
    {
        public string Names => string.Join(", ", Sources.Select(source => source.Name));
    }

    /// <summary>What a node's object was made for.</summary>
    private sealed record Done(string Recipient, EquatableArray<Promise> Promises);

    private sealed record Promise(Digest Version, EquatableArray<string> Keys);

    /// <param name="Last">What was made for it by this process before.</param>
    private sealed record Due(string Node, Need Need, AgeRecipient Recipient, Done? Last);
}
