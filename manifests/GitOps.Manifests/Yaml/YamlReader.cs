using System.Collections.Immutable;
using YamlDotNet.Core;

namespace GitOps.Manifests.Yaml;

/// <summary>
/// Reads the documents of one file into nodes. Never throws for what the file holds: whatever is wrong with it becomes a
/// finding. Works on events with a bound on size and nesting, because the parser underneath neither bounds nor survives
/// everything it may be given.
/// </summary>
public static class YamlReader
{
    /// <summary>The documents that could be read whole; with errors there may be fewer than the file has.</summary>
    public static ImmutableArray<YamlNode> Read(SourceFile file, YamlLimits limits, FindingList findings) =>
        Read(file, limits, findings, isForeign: false);

    /// <summary>
    /// The documents of a file that other software reads too: merge keys and tags mean what they mean there, braces are text.
    /// </summary>
    internal static ImmutableArray<YamlNode> ReadForeign(SourceFile file, YamlLimits limits, FindingList findings) =>
        Read(file, limits, findings, isForeign: true);

    private static ImmutableArray<YamlNode> Read(SourceFile file, YamlLimits limits, FindingList findings, bool isForeign)
    {
        if (YamlText.Decode(file, limits, findings) is not { } text)
        {
            return [];
        }

        return !isForeign && limits.MaxDepth >= PlainYaml.Depth && PlainYaml.TryRead(text, file.Path, out var plain)
            ? plain
            : ReadWhole(text, file, limits, findings, isForeign);
    }

    /// <summary>By the parser that knows all of YAML.</summary>
    internal static ImmutableArray<YamlNode> ReadWhole(
        string text, SourceFile file, YamlLimits limits, FindingList findings, bool isForeign = false)
    {
        var documents = ImmutableArray.CreateBuilder<YamlNode>();
        var errors = findings.Errors;
        using var reader = new StringReader(text);
        var builder = new YamlNodeBuilder(new Parser(reader), file.Path, limits, findings, isForeign);
        try
        {
            builder.ReadAll(documents);
        }
        catch (YamlReadStoppedException)
        {
            // The finding is there already; what follows in the file cannot be told apart from its consequences.
        }
        catch (YamlException exception)
        {
            // Half a template that YAML took for a mapping has been reported with its fix; the parser's words add nothing.
            if (findings.Errors == errors)
            {
                var place = new SourceSpan(file.Path, Line(exception.Start.Line), Line(exception.Start.Column));
                YamlSyntax.Report(text, place, exception, findings);
            }
        }
        catch (Exception exception) // the parser crashes outside of YamlException on some inputs: our input, not our bug
        {
            if (findings.Errors == errors)
            {
                findings.Error(ManifestCodes.ReaderFailed, builder.SpanOfCurrent(),
                    $"the YAML breaks after this place ({exception.GetType().Name} in the YAML parser)",
                    "check brackets, quotes and indentation from here on");
            }
        }

        return documents.DrainToImmutable();
    }

    private static int Line(long position) => (int)Math.Clamp(position, 1, int.MaxValue);
}

/// <summary>Reading ends here; the reason is among the findings.</summary>
internal sealed class YamlReadStoppedException : Exception;
