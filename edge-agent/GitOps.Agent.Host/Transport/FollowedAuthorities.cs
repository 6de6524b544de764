using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GitOps.Agent.Loop;
using GitOps.Bundles;

namespace GitOps.Agent.Host.Transport;

/// <summary>
/// The authorities whose certificates a server may show: those that the root names which is followed now, and those that a person
/// put into <c>ca.crt</c> besides the carried root's. An authority that a newer root no longer names counts no more. Thread-safe.
/// </summary>
/// <param name="carried">What <c>ca.crt</c> holds.</param>
/// <param name="kept">The newest root in the durable state; the same text for the same root.</param>
internal sealed class FollowedAuthorities(IReadOnlyList<X509Certificate2> carried, NodeIdentity identity, Func<string?> kept)
{
    private volatile Known? _known;

    public IReadOnlyList<X509Certificate2> Current()
    {
        var text = kept();
        if (_known is not { } known || !ReferenceEquals(known.Text, text))
        {
            _known = known = new Known(text, Of(text));
        }

        return known.Certificates;
    }

    private IReadOnlyList<X509Certificate2> Of(string? text)
    {
        var named = Read(identity.NewestRoot(text).Authorities);
        var first = Read(identity.Root.Authorities).Select(one => one.Thumbprint).ToHashSet(StringComparer.Ordinal);
        // A root that names none that can be read must not cut the node off from the one that names some.
        return named.Count == 0 ? carried : [.. named.Concat(carried.Where(one => !first.Contains(one.Thumbprint))).DistinctBy(one => one.Thumbprint)];
    }

    private static List<X509Certificate2> Read(EquatableArray<string> authorities)
    {
        List<X509Certificate2> certificates = [];
        foreach (var pem in authorities)
        {
            try
            {
                certificates.Add(X509Certificate2.CreateFromPem(pem));
            }
            catch (CryptographicException)
            {
                // Signed by the root's keys, and still nothing that a certificate could be checked with.
            }
        }

        return certificates;
    }

    private sealed record Known(string? Text, IReadOnlyList<X509Certificate2> Certificates);
}
