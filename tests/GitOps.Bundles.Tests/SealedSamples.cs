using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

/// <summary>A hole for what comes beside the bundle, and what comes.</summary>
internal static class SealedSamples
{
    public static Digest Version { get; } = Digest.Of("ciphertext in Git"u8);

    public static Bundle Bundle { get; } = Bundle.Of(
    [
        new Unit("conf", new FileSpec { Path = "/etc/db.conf", Content = [new ContentPart.Text("password="), new ContentPart.Secret("db", "password", Version, null)] }),
    ]);

    public static SealedSecrets Of(string fleet) => new()
    {
        Fleet = fleet,
        Node = "press-1",
        Recipient = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa",
        Secrets = [new SealedSecret(Version, Convert.ToBase64String("age-encryption.org/v1\n"u8))],
    };
}
