using System.CommandLine.Parsing;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace GitOps.Cli.Tests;

/// <summary>Documents rot: what they tell people to type must at least be understood.</summary>
public sealed partial class DocumentedCommandTests
{
    [Fact]
    public void Every_gitops_command_in_the_documents_is_understood()
    {
        var root = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..");
        var documents = Directory.GetFiles(root, "*.md").Concat(Directory.GetFiles(Path.Combine(root, "docs"), "*.md"))
            .Concat(Directory.GetFiles(Path.Combine(root, "infra"), "*.md"))
            .Concat(Directory.GetFiles(Path.Combine(root, "examples"), "*.md", SearchOption.AllDirectories));
        List<string> wrong = [];
        var count = 0;
        foreach (var document in documents)
        {
            foreach (var command in Commands(File.ReadAllText(document)))
            {
                count++;
                wrong.AddRange(GitOpsProgram.Root().Parse(command).Errors.Select(e => $"{Path.GetFileName(document)}: {command}\n  {e.Message}"));
            }
        }

        Assert.True(count >= 10, $"only {count} commands were found");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData("```sh\ngitops diff   # a comment\n```", "diff")]
    [InlineData("   ```sh\n   gitops why press-1 \\\n     -o json > file || true\n   ```", "why press-1 -o json")]
    [InlineData("gitops outside of a block", "")]
    public void Commands_are_found_where_people_copy_them_from(string text, string expected) =>
        Assert.Equal(expected, string.Join('\n', Commands(text)));

    private static IEnumerable<string> Commands(string markdown) => Blocks().Matches(markdown)
        .SelectMany(block => Continued().Replace(block.Groups[1].Value, " ").Split('\n'))
        .Select(line => Ends().Replace(line.Trim(), ""))
        .Where(line => line.StartsWith("gitops ", StringComparison.Ordinal))
        .Select(line => string.Join(' ', CommandLineParser.SplitCommandLine(line["gitops ".Length..].Trim())));

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex Continued();

    // A comment, a redirection, or what follows.
    [GeneratedRegex(@"\s+(#|>|\|\||&&).*$")]
    private static partial Regex Ends();
}
