using System.CommandLine.Parsing;
using System.Runtime.CompilerServices;
using GitOps.Agent.Host.Commands;

namespace GitOps.Agent.Host.Tests.Commands;

/// <summary>What <c>docs/agent.md</c> tells people to type is what the program takes.</summary>
public sealed class AgentPageTests
{
    public static TheoryData<string> Lines { get; } =
        [.. Shell(File.ReadAllLines(Path.Combine(Root(), "docs/agent.md"))).Where(line => line.StartsWith("gitops-agent ", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Lines))]
    public void Every_command_on_the_page_is_understood(string line)
    {
        var words = CommandLineParser.SplitCommandLine(line.Split(" #")[0]).Skip(1).ToList();
        var parsed = RootCommands.Build().Parse(words);
        Assert.True(parsed.Errors.Count == 0, $"{line}: {string.Join("; ", parsed.Errors.Select(e => e.Message))}");
    }

    [Fact]
    public void Every_command_of_the_program_is_on_the_page()
    {
        var page = File.ReadAllText(Path.Combine(Root(), "docs/agent.md"));
        Assert.All(
            RootCommands.Build().Subcommands.Where(c => !c.Hidden),
            c => Assert.Contains($"gitops-agent {c.Name}", page, StringComparison.Ordinal));
    }

    /// <summary>Lines of <c>sh</c> blocks; one that ends in a backslash goes on in the next.</summary>
    private static IEnumerable<string> Shell(IEnumerable<string> page)
    {
        var (inside, before) = (false, "");
        foreach (var line in page)
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                inside = line == "```sh";
            }
            else if (inside && line.EndsWith('\\'))
            {
                before += line[..^1];
            }
            else if (inside)
            {
                yield return before + line.Trim();
                before = "";
            }
        }
    }

    private static string Root([CallerFilePath] string here = "")
    {
        var directory = Path.GetDirectoryName(here);
        while (directory is not null && !File.Exists(Path.Combine(directory, "GitOps.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException($"no GitOps.sln above {here}");
    }
}
