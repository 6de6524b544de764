using System.Security.Cryptography;
using GitOps.Bundles;
using GitOps.Manifests.Kinds;
using GitOps.Platform.Age;
using GitOps.Reconciler.Targeting;

namespace GitOps.ControlPlane.Sealing;

/// <summary>
/// Opens what Git holds, each file once until <see cref="Forget"/>, and remembers which cannot be sealed and why, until Git holds
/// something else. Sealing may be asked for by any number of threads at once; the rest is for one.
/// </summary>
internal sealed class Ciphertexts(AgeIdentity key)
{
    private readonly Dictionary<Digest, byte[]?> _opened = [];
    private readonly Dictionary<Digest, (string Name, string Wrong)> _refused = [];

    /// <summary>What is refused; null: nothing is.</summary>
    public Problem? Problem => _refused.Values.OrderBy(refusal => refusal.Name, StringComparer.Ordinal).ToList() is [var (name, wrong), .. var more]
        ? new Problem(SealingCodes.NotSealed,
            What: $"the Secret '{name}' cannot be sealed: {wrong}" + (more.Count > 0 ? $", and {more.Count} more cannot" : ""),
            Fix: $"write it anew: 'gitops secret seal {name}', or encrypt it to the control plane too: docs/secrets.md shows how")
        : null;

    /// <summary>A file of age, base64, for this recipient; as Git has it where it is for nodes only; null when it is refused.</summary>
    public string? SealTo(AgeRecipient recipient, SealedSource secret) => TryOpen(secret, out var values)
        ? Convert.ToBase64String(values is not null ? AgeFile.Seal(values, [recipient]) : secret.File.Bytes.Span)
        : null;

    private bool TryOpen(SealedSource secret, out byte[]? values)
    {
        lock (_opened)
        {
            if (!_opened.TryGetValue(secret.Version, out values))
            {
                (values, var wrong) = Open(secret);
                if (values is { Length: > AgeFile.MaxPlaintextBytes })
                {
                    (values, wrong) = (null, $"what it holds is longer than {AgeFile.MaxPlaintextBytes} bytes");
                }

                _opened.Add(secret.Version, values);
                _refused.Remove(secret.Version);
                if (wrong is not null)
                {
                    _refused.Add(secret.Version, (secret.Name, wrong));
                }
            }

            return !_refused.ContainsKey(secret.Version);
        }
    }

    /// <summary>Git holds no others than these: what was wrong with others is over.</summary>
    public void Keep(IEnumerable<Digest> versions)
    {
        foreach (var version in _refused.Keys.Except(versions).ToList())
        {
            _refused.Remove(version);
        }
    }

    /// <summary>Nothing that was opened stays in memory.</summary>
    public void Forget()
    {
        foreach (var values in _opened.Values)
        {
            CryptographicOperations.ZeroMemory(values);
        }

        _opened.Clear();
    }

    /// <returns>The values, neither (it is for nodes only), or what is wrong.</returns>
    private (byte[]? Values, string? Wrong) Open(SealedSource secret)
    {
        if (secret.IsSops)
        {
            return SopsOpening.Read(secret.File, key);
        }

        switch (AgeFile.Open(secret.File.Bytes.Span, key))
        {
            case AgeOpening.Opened file:
                var plaintext = file.Plaintext();
                var read = SecretText.Read(secret.Keys, plaintext);
                CryptographicOperations.ZeroMemory(plaintext);
                return read;
            case AgeOpening.ForOthers:
                return (null, null);
            case AgeOpening.Malformed(var because):
                return (null, because);
            case var other:
                throw new System.Diagnostics.UnreachableException(other.ToString());
        }
    }
}
