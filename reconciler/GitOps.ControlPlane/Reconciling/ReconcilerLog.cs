using GitOps.Bundles;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Reconciling;

/// <summary>What the reconciler says, once, at its edge.</summary>
internal static partial class ReconcilerLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "revision {Revision} is accepted and rolled out")]
    public static partial void Accepted(this ILogger logger, string revision);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "revision {Revision} is rejected, the published one stays: {Errors} errors")]
    public static partial void Rejected(this ILogger logger, string revision, int errors);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "{Finding}")]
    public static partial void FindingError(this ILogger logger, string finding);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "{Finding}")]
    public static partial void FindingWarning(this ILogger logger, string finding);

    [LoggerMessage(EventId = 5, Level = LogLevel.Warning, Message = "revision {Revision} is held ({Id}): {Problem}")]
    public static partial void Held(this ILogger logger, string revision, string id, Problem problem);

    [LoggerMessage(EventId = 6, Level = LogLevel.Information, Message = "generation {Generation} of revision {Revision} is open to {Nodes} nodes")]
    public static partial void Opened(this ILogger logger, long generation, string revision, int nodes);

    [LoggerMessage(EventId = 7, Level = LogLevel.Error, Message = "the rollout of {Revision} stopped at {Node}: {Problem}")]
    public static partial void Stopped(this ILogger logger, string revision, string node, Problem problem);

    [LoggerMessage(EventId = 8, Level = LogLevel.Error, Message = "{Problem}")]
    public static partial void Troubled(this ILogger logger, Problem problem);

    [LoggerMessage(EventId = 9, Level = LogLevel.Information, Message = "{Code} is over")]
    public static partial void Recovered(this ILogger logger, string code);

    [LoggerMessage(EventId = 10, Level = LogLevel.Information, Message = "{Dropped} blobs of {Bytes} bytes that nothing names any more are removed, {Kept} stay")]
    public static partial void Collected(this ILogger logger, int dropped, long bytes, int kept);

    [LoggerMessage(EventId = 11, Level = LogLevel.Information, Message = "begins with {Nodes} nodes compiled by the process before")]
    public static partial void Resumed(this ILogger logger, int nodes);

    [LoggerMessage(EventId = 12, Level = LogLevel.Information, Message = "compiles everything anew; the file of the process before: {Because}")]
    public static partial void BeginsFromNothing(this ILogger logger, string because);

    [LoggerMessage(EventId = 13, Level = LogLevel.Warning, Message = "what is compiled could not be kept for the next start: {Failure}")]
    public static partial void NotKept(this ILogger logger, string failure);

    [LoggerMessage(EventId = 70, Level = LogLevel.Critical, Message = "the reconciler failed in a way it should not; it goes on with the next pass")]
    public static partial void Bug(this ILogger logger, Exception exception);
}
