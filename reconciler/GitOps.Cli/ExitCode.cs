namespace GitOps.Cli;

/// <summary>Exit codes of both programs (docs/contracts.md §8).</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Findings = 1;
    public const int Usage = 2;
    public const int Differences = 3;
    public const int Unreachable = 4;
    public const int Refused = 5;
    public const int Bug = 70;
    public const int TryAgain = 75;

    /// <summary>128 + SIGINT, as shells count.</summary>
    public const int Interrupted = 130;
}
