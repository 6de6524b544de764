using System.CommandLine;
using System.Diagnostics;
using GitOps.Cli.Output;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops explain [KIND[.FIELD…]]</c>: what the language says about a kind or a field; needs no repository.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var question = new Argument<string?>("question")
        {
            Description = "KIND or KIND.FIELD.FIELD, e.g. Workload.process.restart; without it, all kinds",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "KIND.FIELD", // not every completion there is
        };
        question.CompletionSources.Add(context => Completions(context.WordToComplete));
        var recursive = new Option<bool>("--recursive", "-r") { Description = "the fields of fields as well" };
        var output = Outputs.Option();
        var command = new Command("explain", "Say what a kind or a field is for, and how it is written") { question, recursive, output };
        command.SetAction(parsed => Print(Explain.Ask(parsed.GetValue(question), parsed.GetValue(recursive)), parsed.GetValue(output)));
        return command;
    }

    private static int Print(ExplainAnswer answer, OutputFormat format)
    {
        switch (answer)
        {
            case ExplainAnswer.Unknown(var what, var fix):
                Terminal.Error.MarkupLineInterpolated($"gitops: {what}");
                Terminal.Error.MarkupLineInterpolated($"  [grey]fix:[/] {fix}");
                return ExitCode.Usage;
            case ExplainAnswer.Kinds(var all) when format == OutputFormat.Table:
                Console.Out.Write(ExplanationText.OfKinds(all));
                return ExitCode.Done;
            case ExplainAnswer.Kinds(var all):
                format.Write(JsonDocuments.Write(writer => ExplanationText.WriteJson(writer, all)));
                return ExitCode.Done;
            case ExplainAnswer.Found(var found) when format == OutputFormat.Table:
                Console.Out.Write(ExplanationText.Of(found));
                return ExitCode.Done;
            case ExplainAnswer.Found(var found):
                format.Write(JsonDocuments.Write(writer => ExplanationText.WriteJson(writer, found)));
                return ExitCode.Done;
            default:
                throw new UnreachableException($"{answer}");
        }
    }

    // The fields of what stands before the last dot.
    private static IEnumerable<string> Completions(string word)
    {
        var dot = word.LastIndexOf('.');
        return dot < 0 ? KindShapes.All.Select(kind => kind.Kind.ToString())
            : Explain.Ask(word[..dot], isRecursive: false) is ExplainAnswer.Found(var found) ? found.Fields.Select(field => field.Path)
            : [];
    }
}
