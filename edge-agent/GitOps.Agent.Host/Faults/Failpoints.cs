using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Faults;

/// <summary>
/// A test aid, described in docs/faults.md: <c>GITOPS_AGENT_FAILPOINT=NAME:FILE</c> has the program kill itself the first time
/// it reaches the point; FILE is made then, and where it exists already nothing happens. Without the variable a point costs
/// one comparison.
/// </summary>
internal static class Failpoints
{
    public const string Variable = "GITOPS_AGENT_FAILPOINT";
    private static readonly (Failpoint Point, string Marker)? Armed = Parse(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Passes by; unless a test wants the program to end here.</summary>
    public static void Reach(Failpoint point)
    {
        if (Armed is var (armed, marker) && armed == point && TryMark(marker))
        {
            ProcessSignals.Send(Environment.ProcessId, ProcessSignals.Kill);
        }
    }

    internal static (Failpoint Point, string Marker)? Parse(string? text) =>
        text?.Split(':', 2) is [var name, var marker] && Enum.TryParse<Failpoint>(name, out var point) ? (point, marker) : null;

    private static bool TryMark(string marker)
    {
        try
        {
            using var made = new FileStream(marker, FileMode.CreateNew);
            return true;
        }
        catch (IOException)
        {
            return false; // it was reached before
        }
    }
}
