using GitOps.Bundles;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Hosting;

internal static partial class HostLog
{
    [LoggerMessage(140, LogLevel.Information, "people and webhooks are served at {Address}")]
    public static partial void PeopleListening(ILogger logger, Uri address);

    [LoggerMessage(141, LogLevel.Information, "nodes of fleet {Fleet} are served at {Address}")]
    public static partial void NodesListening(ILogger logger, string fleet, Uri address);

    [LoggerMessage(142, LogLevel.Warning, "the fleet is not known yet: {Problem}")]
    public static partial void WaitingFor(ILogger logger, Problem problem);

    [LoggerMessage(143, LogLevel.Error, "the fleet is not known yet, its first revision has findings: {Finding}")]
    public static partial void FirstRevision(ILogger logger, string finding);

    [LoggerMessage(145, LogLevel.Information, "root {Version} is signed elsewhere, by {Threshold} of {Keys} root keys")]
    public static partial void RootsSignedElsewhere(ILogger logger, long version, int threshold, int keys);

    [LoggerMessage(146, LogLevel.Warning, "the root that was offered is not taken: {Problem}")]
    public static partial void RootRefused(ILogger logger, Problem problem);

    [LoggerMessage(147, LogLevel.Information, "a root was offered and is taken: nodes are served anew in a moment")]
    public static partial void RootTaken(ILogger logger);

    [LoggerMessage(144, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger logger);
}
