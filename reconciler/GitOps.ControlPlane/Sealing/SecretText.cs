using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.ControlPlane.Sealing;

/// <summary>What people encrypt, as nodes read it.</summary>
internal static class SecretText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="keys">
    /// What the Secret promises: none for one value, which is the whole text but for a final line break, or the only member
    /// <c>value</c> of a JSON object.
    /// </param>
    /// <returns>Every text under its key, these among them; or what is wrong, in words that hold nothing of the secret.</returns>
    public static (byte[]? Values, string? Wrong) Read(EquatableArray<string> keys, byte[] plaintext)
    {
        string text;
        try
        {
            text = StrictUtf8.GetString(plaintext);
        }
        catch (DecoderFallbackException)
        {
            return (null, "it is not text in UTF-8");
        }

        if (keys.IsEmpty)
        {
            // As 'gitops secret seal' writes one value, so that a node could read it by itself.
            if (SecretValues.TryRead(plaintext) is { Count: 1 } one && one.ContainsKey(SecretSpec.SingleKey))
            {
                return (SecretValues.Write(one), null);
            }

            return (SecretValues.Write([new(SecretSpec.SingleKey, text.EndsWith('\n') ? text[..^1].TrimEnd('\r') : text)]), null);
        }

        var findings = new FindingList();
        var documents = YamlReader.Read(new SourceFile("secret.yaml", plaintext), YamlLimits.Default, findings);
        if (findings.Errors > 0 || documents is not [YamlNode.Mapping mapping])
        {
            return (null, "it is no mapping of keys to texts, in YAML or JSON");
        }

        var values = mapping.Entries.Where(entry => entry.Value is YamlNode.Scalar)
            .Select(entry => KeyValuePair.Create(entry.Key, ((YamlNode.Scalar)entry.Value).Text)).ToList();
        return keys.Except(values.Select(value => value.Key), StringComparer.Ordinal).FirstOrDefault() is { } missing
            ? (null, $"it has no text under the key '{missing}'")
            : (SecretValues.Write(values), null);
    }
}
