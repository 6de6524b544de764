using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>
/// What people encrypt, for who encrypts it and for who opens it alike: a mapping of keys to texts, in YAML or JSON, or one value. What
/// is wrong is told in words that hold nothing of the secret.
/// </summary>
public static class SecretText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The texts by their keys, at least one.</summary>
    public static (IReadOnlyList<KeyValuePair<string, string>>? Values, string? Wrong) ReadKeys(byte[] text)
    {
        var findings = new FindingList();
        return YamlReader.Read(new SourceFile("secret.yaml", text), YamlLimits.Default, findings) is not [YamlNode.Mapping { Entries.IsEmpty: false } mapping] || findings.Errors > 0
                ? (null, "it is no mapping of keys to texts, in YAML or JSON")
            : mapping.Entries.Any(entry => entry.Value is not YamlNode.Scalar || !SecretKeys.IsValid(entry.Key))
                ? (null, "it holds more than texts, or a key with more than letters, digits, '-', '_' and '.'")
            : ([.. mapping.Entries.Select(entry => KeyValuePair.Create(entry.Key, ((YamlNode.Scalar)entry.Value).Text))], null);
    }

    /// <summary>One value: the whole text but for a final line break.</summary>
    public static (string? Value, string? Wrong) ReadValue(byte[] text)
    {
        try
        {
            var value = StrictUtf8.GetString(text);
            return (value.EndsWith('\n') ? value[..^1].TrimEnd('\r') : value, null);
        }
        catch (DecoderFallbackException)
        {
            return (null, "it is not text in UTF-8");
        }
    }

    /// <summary>What was opened, as nodes read it.</summary>
    /// <param name="keys">
    /// What the Secret promises: none for one value, which is the whole text, or the only member <c>value</c> of a JSON object, as
    /// <c>gitops secret seal</c> writes it so that a node can read it by itself.
    /// </param>
    public static (byte[]? Values, string? Wrong) Read(EquatableArray<string> keys, byte[] plaintext)
    {
        if (keys.IsEmpty)
        {
            var (value, noText) = SecretValues.TryRead(plaintext) is { Count: 1 } one && one.TryGetValue(SecretSpec.SingleKey, out var only)
                ? (only, null)
                : ReadValue(plaintext);
            return value is null ? (null, noText) : (SecretValues.Write([new(SecretSpec.SingleKey, value)]), null);
        }

        var (values, wrong) = ReadKeys(plaintext);
        return values is null ? (null, wrong)
            : keys.Except(values.Select(entry => entry.Key), StringComparer.Ordinal).FirstOrDefault() is { } missing
                ? (null, $"it has no text under the key '{missing}'")
            : (SecretValues.Write(values), null);
    }
}
