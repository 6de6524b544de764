using GitOps.Manifests.Sops;

namespace GitOps.Manifests.Rules;

/// <summary>What shows about encrypted files without a key: that they are encrypted at all.</summary>
internal static class SecretRules
{
    public static void Report(FleetManifest manifest, FindingList findings)
    {
        foreach (var secret in manifest.Secrets)
        {
            if (secret.Spec.Age is { } age && manifest.Source.TryGet(age.Path, out var file) && !IsAge(file.Bytes.Span))
            {
                findings.Error(ManifestCodes.NotEncrypted, secret.SpanOf("age"), $"{Excerpt.Of(age.Path)} is no file of age",
                    $"should it hold the secret itself: take it out of Git, and change that secret. 'gitops secret seal {secret.Name}' writes an encrypted one");
            }

            if (secret.Spec.Sops is { } sops && manifest.Source.TryGet(sops.Path, out var written) && SopsDocument.Read(written).Wrong is { } wrong)
            {
                findings.Error(ManifestCodes.NotOfSops, secret.SpanOf("sops"), $"{Excerpt.Of(sops.Path)} is no file of SOPS that can be used: {wrong}",
                    $"'sops encrypt --age age1… --in-place {Excerpt.Of(sops.Path)}' encrypts it; should the secret itself be in Git already, change that secret");
            }
        }
    }

    private static bool IsAge(ReadOnlySpan<byte> file) =>
        file.StartsWith("age-encryption.org/v1\n"u8) || file.TrimStart(" \t\r\n"u8).StartsWith("-----BEGIN AGE ENCRYPTED FILE-----"u8);
}
