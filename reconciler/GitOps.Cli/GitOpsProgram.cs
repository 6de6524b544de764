using System.CommandLine;
using GitOps.Cli.Commands;
using GitOps.Cli.Output;
using Spectre.Console;

namespace GitOps.Cli;

/// <summary>The <c>gitops</c> program: the reconciler's core from a terminal, and the control plane.</summary>
internal static class GitOpsProgram
{
    /// <summary>Of stopping on SIGTERM: less than the 30 seconds after which a cluster or systemd kills.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(25);

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Root().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return Usage(parsed);
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = StopPatience,
            });
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception e)
        {
            // The loop's edge: whatever arrives here is a mistake of ours, and the person needs all of it to report it.
            Terminal.Error.WriteLine($"gitops has a bug: {e}");
            return ExitCode.Bug;
        }
    }

    public static RootCommand Root() => new("One Git repository describes a whole fleet; this program validates, previews, publishes and watches it.")
    {
        InitCommand.Create(),
        ValidateCommand.Create(),
        RenderCommand.Create(),
        DiffCommand.Create(),
        WhyCommand.Create(),
        ConvertCommand.Create(),
        ImportCommand.Create(),
        ExplainCommand.Create(),
        FmtCommand.Create(),
        ServeCommand.Create(),
        InstallCommand.Create(),
        NodeCommand.Create(),
        EnrollCommand.Create(),
        ExportCommand.Create(),
        SecretCommand.Create(),
        BrokerCommand.Create(),
        TrustCommand.Create(),
        StatusCommand.Create(),
        DevicesCommand.Create(),
        DemoCommand.Create(),
        ConfigCommand.Create(),
        CompletionCommand.Create(),
    };

    /// <summary>Wrong usage is answered with what was wrong and where help is, not with a page of it.</summary>
    private static int Usage(ParseResult parsed)
    {
        foreach (var error in parsed.Errors)
        {
            Terminal.Error.WriteLine($"gitops: {error.Message}");
        }

        var path = string.Join(' ', Names(parsed.CommandResult).Reverse());
        Terminal.Error.WriteLine($"  '{path} --help' shows how it is used");
        return ExitCode.Usage;
    }

    private static IEnumerable<string> Names(System.CommandLine.Parsing.SymbolResult? result)
    {
        for (; result is not null; result = result.Parent)
        {
            if (result is System.CommandLine.Parsing.CommandResult command)
            {
                yield return command.Command is RootCommand ? "gitops" : command.Command.Name;
            }
        }
    }
}
