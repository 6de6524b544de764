using System.Text;
using System.Text.Unicode;

namespace GitOps.Manifests.Yaml;

/// <summary>
/// Decodes the bytes of a manifest: UTF-8 (a byte order mark is skipped), printable as YAML 1.2 §5.1 says.
/// </summary>
internal static class YamlText
{
    /// <summary>The text, or null and a finding.</summary>
    public static string? Decode(SourceFile file, YamlLimits limits, FindingList findings)
    {
        if (file.Bytes.Length > limits.MaxBytes)
        {
            findings.Error(ManifestCodes.TooLarge, SourceSpan.StartOf(file.Path),
                $"the file has {file.Bytes.Length} bytes, the limit is {limits.MaxBytes}",
                "split it into several files; move large content into a file of its own and name it with 'source'");
            return null;
        }

        var bytes = file.Bytes.Span;
        bytes = bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        if (!Utf8.IsValid(bytes))
        {
            findings.Error(ManifestCodes.NotText, SourceSpan.StartOf(file.Path), "the file is not UTF-8",
                "save it as UTF-8; bytes that are not text belong into a file that 'source' names");
            return null;
        }

        var text = Encoding.UTF8.GetString(bytes);
        var (line, column) = (1, 1);
        foreach (var c in text)
        {
            if (c == '\n')
            {
                (line, column) = (line + 1, 1);
                continue;
            }

            if (!IsPrintable(c))
            {
                findings.Error(ManifestCodes.NotText, new(file.Path, line, column),
                    $"the character U+{(int)c:X4} is not printable",
                        "remove it, or write it as an escape in double quotes");
                return null;
            }

            column++;
        }

        return text;
    }

    // Surrogates come in pairs only, because the bytes are valid UTF-8. U+0085, U+2028 and U+2029 break lines in one YAML
    // version and not in another, which would shift every line number after them.
    private static bool IsPrintable(char c) =>
        c is '\t' or '\r' or (>= ' ' and <= '~') or (>= '\u00A0' and <= '\uFFFD' and not '\u2028' and not '\u2029' and not '\uFEFF');
}
