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
        }
    }

    private static bool IsAge(ReadOnlySpan<byte> file) =>
        file.StartsWith("age-encryption.org/v1\n"u8) || file.TrimStart(" \t\r\n"u8).StartsWith("-----BEGIN AGE ENCRYPTED FILE-----"u8);
}
