using GitOps.Bundles;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Sops;

namespace GitOps.Manifests.Rules;

/// <summary>What shows about encrypted files without a key: that they are encrypted at all.</summary>
internal static class SecretRules
{
    public static void Report(FleetManifest manifest, FindingList findings)
    {
        Dictionary<Digest, Resource<SecretSpec>> first = [];
        foreach (var secret in manifest.Secrets)
        {
            if (secret.Spec.Age is { } age && manifest.Source.TryGet(age.Path, out var file) && !IsAge(file.Bytes.Span))
            {
                findings.Error(ManifestCodes.NotEncrypted, secret.SpanOf("age"), $"{Excerpt.Of(age.Path)} is no file of age",
                    $"should it hold the secret itself: take it out of Git, and change that secret. 'gitops secret seal {secret.Name}' writes an encrypted one");
            }

            if (secret.Spec.Age is { } same && manifest.Source.TryGet(same.Path, out var content) && Digest.Of(content.Bytes.Span) is var version && !first.TryAdd(version, secret) &&
                !secret.Spec.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(first[version].Spec.Keys))
            {
                findings.Error(ManifestCodes.OtherKeys, secret.SpanOf("age"), $"{Excerpt.Of(same.Path)} is the ciphertext of the Secret '{first[version].Name}' too, and {KeysOf(first[version])}",
                    "write the same 'keys' in both, all that are used of either, or seal a file for each");
            }

            if (secret.Spec.Sops is { } sops && manifest.Source.TryGet(sops.Path, out var written) && SopsDocument.Read(written).Wrong is { } wrong)
            {
                findings.Error(ManifestCodes.NotOfSops, secret.SpanOf("sops"), $"{Excerpt.Of(sops.Path)} is no file of SOPS that can be used: {wrong}",
                    $"'sops encrypt --age age1… --in-place {Excerpt.Of(sops.Path)}' encrypts it; should the secret itself be in Git already, change that secret");
            }
        }
    }

    private static string KeysOf(Resource<SecretSpec> secret) => secret.Spec.Keys.IsEmpty ? "there it is one value" : $"there it has the keys [{secret.Spec.Keys}]";

    private static bool IsAge(ReadOnlySpan<byte> file) =>
        file.StartsWith("age-encryption.org/v1\n"u8) || file.TrimStart(" \t\r\n"u8).StartsWith("-----BEGIN AGE ENCRYPTED FILE-----"u8);
}
