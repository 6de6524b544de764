using System.Collections.Immutable;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// What EdgeX itself says about a file that its core-metadata or a device service reads: the same answer, and the same fields
/// to blame, as the validators of go-mod-core-contracts.
/// </summary>
public static class EdgeXVerdicts
{
    /// <summary>
    /// <paramref name="kind"/> is what the file is meant to be; a file does not always show it. Null for TOML, which EdgeX 3
    /// and later do not read at all.
    /// </summary>
    public static ForeignVerdict? Of(SourceFile file, EdgeXKind kind, EdgeXVersion version = EdgeXVersion.V4)
    {
        if (file.Path.EndsWith(".toml", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var syntax = SyntaxOf(file);
        return Read(file, syntax, out var broken) is { } tree
            ? Of(tree, kind, syntax, version)
            : new ForeignVerdict([broken]);
    }

    private static ForeignVerdict Of(YamlNode tree, EdgeXKind kind, ForeignSyntax syntax, EdgeXVersion version)
    {
        if (WrongForm(tree, kind, syntax) is { } wrong)
        {
            return new ForeignVerdict([wrong]);
        }

        var blames = ImmutableArray.CreateBuilder<Blame>();
        foreach (var document in EdgeXFile.Find(tree, kind))
        {
            blames.AddRange(Blames(document, syntax, version));
        }

        return new ForeignVerdict(blames.DrainToImmutable());
    }

    /// <summary>What is to blame in one document.</summary>
    internal static IReadOnlyList<Blame> Blames(EdgeXDocument document, ForeignSyntax syntax, EdgeXVersion version)
    {
        var types = new TypeCheck(syntax);
        types.Check(document.Node, EdgeXTypes.Of(document.Kind), "");
        if (document.Request is not null)
        {
            types.Check(document.Request, EdgeXTypes.Request, "");
        }

        if (types.Problems.Count > 0)
        {
            return [.. types.Problems.Select(problem => BlameOf(problem, syntax))];
        }

        var rules = new EdgeXRules(version, syntax);
        if (document.Request is not null)
        {
            rules.CheckRequest(new ForeignObject(document.Request, syntax));
        }

        rules.Check(document.Kind, document.Node, document.Form == EdgeXForm.Requests);
        return rules.Blames;
    }

    internal static ForeignSyntax SyntaxOf(SourceFile file) =>
        file.Path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || file.Path.EndsWith(".json.example", StringComparison.OrdinalIgnoreCase)
            ? ForeignSyntax.Json
            : ForeignSyntax.Yaml;

    internal static Blame BlameOf(TypeProblem problem, ForeignSyntax syntax)
    {
        var field = problem.Path[(problem.Path.LastIndexOf('.') + 1)..];
        var isQuotedNumber = problem.Node is YamlNode.Scalar { IsPlain: false } scalar && ForeignScalar.Number(scalar.Text) is not null;
        return new Blame(problem.Path, problem.Span,
            $"'{Excerpt.Of(field)}' takes {problem.Expects}, this is {Shapes.Nodes.Describe(problem.Node)}",
            isQuotedNumber ? "remove the quotes"
                : syntax == ForeignSyntax.Json && problem.Expects == "text" ? "put it in quotes"
                : $"write {problem.Expects}");
    }

    private static YamlNode? Read(SourceFile file, ForeignSyntax syntax, out Blame broken)
    {
        if (syntax == ForeignSyntax.Json)
        {
            var json = JsonTree.Read(file, YamlLimits.Default, out var why);
            broken = new Blame("", why?.Span ?? SourceSpan.StartOf(file.Path), why?.Why ?? "the file is empty", "correct the JSON here");
            return json;
        }

        var findings = new FindingList();
        var documents = YamlReader.ReadForeign(file, YamlLimits.Default, findings);
        var first = findings.ToSorted().FirstOrDefault(finding => finding.Severity == Severity.Error);
        broken = first is null
            ? new Blame("", SourceSpan.StartOf(file.Path), "the file is empty", "write a document")
            : new Blame("", first.Span, first.What, first.Fix);
        // Only the first document of a file is read, and what follows is not even looked at.
        return first is null ? documents.FirstOrDefault(document => !Shapes.Nodes.IsNull(document)) : null;
    }

    // Loaders of files take exactly one form each: a list of devices as YAML below deviceList, as JSON bare or as requests.
    private static Blame? WrongForm(YamlNode tree, EdgeXKind kind, ForeignSyntax syntax)
    {
        var isMap = tree is YamlNode.Mapping;
        var why = (kind, syntax, tree) switch
        {
            (EdgeXKind.Device, ForeignSyntax.Json, YamlNode.Sequence) => null,
            (EdgeXKind.Device, ForeignSyntax.Json, _) => "a JSON file of devices is a list",
            (EdgeXKind.Device, _, YamlNode.Mapping map) when map.TryGet("deviceList", out var list) =>
                list is YamlNode.Sequence { Items.IsEmpty: false } ? null : "there is no device in deviceList",
            (EdgeXKind.Device, _, YamlNode.Mapping) => "a YAML file of devices has them below 'deviceList'",
            (_, ForeignSyntax.Json, YamlNode.Sequence list) =>
                list.Items.All(item => EdgeXFile.Find(item) is [{ Form: EdgeXForm.Requests }]) ? null : "a list holds requests only",
            _ => isMap ? null : "the file is not one mapping",
        };
        return why is null ? null : new Blame("", tree.Span, why, "put it into the form that the device service reads");
    }
}
