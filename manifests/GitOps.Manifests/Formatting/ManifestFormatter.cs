using System.Text;
using GitOps.Manifests.Yaml;
using YamlDotNet.Core;
using YamlDotNet.Core.Tokens;

namespace GitOps.Manifests.Formatting;

/// <summary>
/// The canonical form of a manifest file. What is written stays as it is written: values, quotes, flow collections, block
/// scalars, templates, comments. Only indentation, blank lines and the order of the fields of objects change. The answer
/// is checked: it says the same, holds the same comments, and formatting it again changes nothing.
/// </summary>
public static class ManifestFormatter
{
    /// <summary>Pure; a file that is no manifest of ours, or has findings of its YAML, is left alone.</summary>
    public static FormatResult Format(SourceFile file)
    {
        var findings = new FindingList();
        var documents = YamlReader.Read(file, YamlLimits.Default, findings);
        if (findings.Errors > 0)
        {
            return new FormatResult.LeftAlone("its YAML has findings, which 'gitops validate' shows");
        }

        if (!documents.Any(IsOurs) || documents.Any(document => !IsOurs(document) && !Shapes.Nodes.IsNull(document)))
        {
            return new FormatResult.LeftAlone($"it holds something that is not of apiVersion {ManifestFile.ApiVersion}");
        }

        var written = Encoding.UTF8.GetString(file.Bytes.Span).TrimStart('\uFEFF');
        var text = written.ReplaceLineEndings("\n");
        if (!text.EndsWith('\n'))
        {
            text += "\n";
            if (!Says(file.Path, text, documents))
            {
                return new FormatResult.LeftAlone("it ends inside of a block scalar without a line break, and one more would be text");
            }
        }

        try
        {
            var formatted = Write(text, documents);
            var problem = Difference(file.Path, text, documents, formatted);
            return problem is null ? new FormatResult.Formatted(formatted, formatted != written) : new FormatResult.Broken(problem);
        }
        catch (UnusualLayoutException)
        {
            return new FormatResult.LeftAlone("it is laid out in a way that has no canonical form (explicit keys, directives, '...', counted indentation)");
        }
    }

    private static string Write(string text, IReadOnlyList<YamlNode> documents)
    {
        var lines = text.Split('\n')[..^1];
        var trees = SourceTreeReader.Read(text, lines);
        var writer = new SourceTreeWriter(lines);
        var output = new StringBuilder();
        for (var i = 0; i < trees.Length; i++)
        {
            if (trees[i].FirstLine > 0)
            {
                if (i == 0)
                {
                    Append(output, writer.Write(new(0, Nothing, KeepsOrder: false), trees[i].FirstLine - 1, null));
                }

                Append(output, [lines[trees[i].FirstLine - 1].TrimEnd()]);
            }

            var limit = i + 1 < trees.Length ? trees[i + 1].FirstLine - 1 : lines.Length;
            Append(output, writer.Write(trees[i], limit, documents[i] is YamlNode.Mapping mapping ? FieldOrder.OfDocument(mapping) : null));
        }

        return output.ToString();
    }

    private static SourceTree Nothing => new SourceTree.Verbatim(0, 0, 0) { IsEmpty = true };

    private static void Append(StringBuilder output, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            output.Append(line).Append('\n');
        }
    }

    private static bool IsOurs(YamlNode document) => document is YamlNode.Mapping mapping &&
        mapping.TryGet("apiVersion", out var version) && version is YamlNode.Scalar { Text: ManifestFile.ApiVersion };

    private static string? Difference(string path, string text, IReadOnlyList<YamlNode> before, string formatted)
    {
        var findings = new FindingList();
        var after = YamlReader.Read(new(path, Encoding.UTF8.GetBytes(formatted)), YamlLimits.Default, findings);
        return findings.Errors > 0 ? "the formatted text has findings"
            : before.Count != after.Length || !before.Zip(after).All(pair => YamlEquality.SameMeaning(pair.First, pair.Second)) ? "the formatted text says something else"
            : !Comments(text).SequenceEqual(Comments(formatted)) ? "a comment was lost"
            : Write(formatted, after) != formatted ? "formatting it again changes it again"
            : null;
    }

    private static bool Says(string path, string text, IReadOnlyList<YamlNode> documents)
    {
        var read = YamlReader.Read(new(path, Encoding.UTF8.GetBytes(text)), YamlLimits.Default, new FindingList());
        return read.Length == documents.Count && read.Zip(documents).All(pair => YamlEquality.SameMeaning(pair.First, pair.Second));
    }

    private static List<string> Comments(string text)
    {
        var scanner = new Scanner(new StringReader(text), skipComments: false);
        var comments = new List<string>();
        while (scanner.MoveNext())
        {
            if (scanner.Current is Comment comment)
            {
                comments.Add(comment.Value.Trim());
            }
        }

        comments.Sort(StringComparer.Ordinal);
        return comments;
    }
}
