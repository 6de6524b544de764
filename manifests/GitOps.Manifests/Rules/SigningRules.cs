using System.Text;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Rules;

/// <summary>Keys of signers must be such that a commit can be judged by them.</summary>
public static class SigningRules
{
    private const int KeyLimit = 256 * 1024;

    /// <summary>Whether the text of a signer's key can be used.</summary>
    public static void CheckKey(string signer, string text, SourceSpan span, FindingList findings)
    {
        switch (text.Length > KeyLimit ? new SignerKeys.Unusable($"it is longer than {KeyLimit} characters") : SignerKeys.Read(text))
        {
            case SignerKeys.Private:
                findings.Error(ManifestCodes.PrivateKey, span, $"what stands there for signer '{signer}' is a private key",
                    "make a new key: this one is in the history and counts as lost; here goes the public one, from 'gpg --armor --export' or the .pub file");
                break;
            case SignerKeys.Unusable(var because):
                findings.Error(ManifestCodes.SignerKey, span, $"the key of signer '{signer}' cannot be used: {because}",
                    "write what 'gpg --armor --export KEY' prints, or the line of a .pub file of ssh-keygen");
                break;
        }
    }

    /// <summary>Keys in files, which only the whole tree shows, and keys that are listed twice.</summary>
    public static void Check(FleetManifest manifest, FindingList findings)
    {
        if (manifest.Fleet is not { Spec.Signing: { } signing } fleet)
        {
            return;
        }

        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (index, signer) in signing.Signers.Index())
        {
            if (TextOf(manifest, signer.Key) is not { } text)
            {
                continue; // that the file is missing is a finding already
            }

            if (signer.Key is ContentSource.Source)
            {
                CheckKey(signer.Name, text, SpanOf(fleet, index), findings);
            }

            foreach (var key in SignerKeys.Read(text) is SignerKeys.Ssh(var keys) ? keys : [])
            {
                if (!owners.TryAdd(key.Fingerprint, signer.Name))
                {
                    findings.Error(ManifestCodes.SignerKey, SpanOf(fleet, index),
                        $"the key {key.Fingerprint} of signer '{signer.Name}' is one of signer '{owners[key.Fingerprint]}' already",
                        "list a key once; the 'paths' of a signer are those of all its keys");
                }
            }
        }
    }

    /// <summary>A signer's key as text; null when the file is not there.</summary>
    public static string? TextOf(FleetManifest manifest, ContentSource key) => key switch
    {
        ContentSource.Inline(var text) => text,
        ContentSource.Source(_, var path) => manifest.Source.TryGet(path, out var file) ? Encoding.UTF8.GetString(file.Bytes.Span) : null,
        _ => throw new System.Diagnostics.UnreachableException($"{key}"),
    };

    private static SourceSpan SpanOf(Resource fleet, int signer) =>
        fleet.Tree.TryGet("signing", out var signing) && signing is YamlNode.Mapping written &&
        written.TryGet("signers", out var signers) && signers is YamlNode.Sequence list && signer < list.Items.Length
            ? list.Items[signer].Span
            : fleet.SpanOf("signing", "signers");
}
