using System.Diagnostics;
using GitOps.Bundles;
using GitOps.ControlPlane.Api;
using Spectre.Console;

namespace GitOps.Cli.Output;

/// <summary>What the world did, printed once with what helps.</summary>
internal static class Problems
{
    public static int Print(Problem problem, int exitCode)
    {
        Terminal.Error.MarkupLineInterpolated($"[red]{problem.Code}[/]: {problem.What}");
        Terminal.Error.MarkupLineInterpolated($"  [grey]fix:[/] {problem.Fix}");
        return exitCode;
    }

    /// <summary>An answer that is not the one hoped for, and its exit code.</summary>
    public static int Print<T>(ApiAnswer<T> answer) => answer switch
    {
        ApiAnswer<T>.Refused(_, var problem) => Print(problem, ExitCode.Refused),
        ApiAnswer<T>.Unreachable(var problem) => Print(problem, ExitCode.Unreachable),
        _ => throw new UnreachableException($"{answer}"),
    };
}
