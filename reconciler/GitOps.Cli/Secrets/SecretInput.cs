using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using GitOps.Bundles.Publications;
using GitOps.Manifests.Kinds;
using GitOps.Platform.Age;

namespace GitOps.Cli.Secrets;

/// <summary>What a person gives to be encrypted, in the one form that also nodes read by themselves: a JSON object of texts.</summary>
internal static class SecretInput
{
    private const int LimitBytes = AgeFile.MaxPlaintextBytes;

    /// <param name="values"><c>KEY=VALUE</c>; without any, the file or standard input is read.</param>
    /// <param name="isSingle">What is read is one value, as it is, but for a final line break.</param>
    /// <returns>The text and its keys, none for one value; or what is wrong, without anything of the secret.</returns>
    public static (byte[]? Text, IReadOnlyList<string> Keys, string? Wrong) Read(string[] values, string? file, bool isSingle)
    {
        if (values.Length > 0)
        {
            var pairs = values.Select(value => value.Split('=', 2)).ToList();
            return file is not null || isSingle ? (null, [], "KEY=VALUE and what is read exclude each other")
                : pairs.Any(pair => pair.Length < 2 || !SecretKeys.IsValid(pair[0])) ? (null, [], "not every value is KEY=VALUE, with a key of letters, digits, '-', '_' and '.'")
                : pairs.DistinctBy(pair => pair[0]).Count() < pairs.Count ? (null, [], "a key is given twice")
                : Done(pairs.Select(pair => KeyValuePair.Create(pair[0], pair[1])));
        }

        using var stream = file is null or "-" ? Console.OpenStandardInput() : File.OpenRead(file);
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        var bytes = buffer.ToArray();
        if (bytes.Length is 0 or > LimitBytes)
        {
            return (null, [], bytes.Length == 0 ? "what was read is empty" : $"what was read has more than {LimitBytes} bytes");
        }

        if (isSingle)
        {
            var (value, noText) = SecretText.ReadValue(bytes);
            var (sealedText, _, tooLong) = value is null ? (null, [], noText) : Done([new(SecretSpec.SingleKey, value)]);
            return (sealedText, [], tooLong);
        }

        return Read(bytes);
    }

    /// <summary>What was sealed as an object of texts, for people to edit: a line a key. Null for anything else.</summary>
    public static byte[]? ToLines(byte[] plaintext) => SecretValues.TryRead(plaintext) is not { } values ? null
        : Encoding.UTF8.GetBytes(string.Concat(values.OrderBy(value => value.Key, StringComparer.Ordinal)
            .Select(value => $"{value.Key}: \"{JsonEncodedText.Encode(value.Value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"\n")));

    /// <summary>A mapping of keys to texts, in YAML or JSON.</summary>
    public static (byte[]? Text, IReadOnlyList<string> Keys, string? Wrong) Read(byte[] bytes)
    {
        var (values, wrong) = SecretText.ReadKeys(bytes);
        return values is null ? (null, [], wrong) : Done(values);
    }

    private static (byte[]? Text, IReadOnlyList<string> Keys, string? Wrong) Done(IEnumerable<KeyValuePair<string, string>> values)
    {
        List<KeyValuePair<string, string>> all = [.. values];
        return SecretValues.Write(all) is { Length: <= LimitBytes } text
            ? (text, [.. all.Select(value => value.Key).Order(StringComparer.Ordinal)], null)
            : (null, [], $"it is longer than {LimitBytes} bytes");
    }
}
