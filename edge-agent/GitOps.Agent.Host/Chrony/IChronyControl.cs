using GitOps.Agent.TimeSync;

namespace GitOps.Agent.Host.Chrony;

/// <summary>Runs chronyd, in one of the ways machines do.</summary>
internal interface IChronyControl : IAsyncDisposable
{
    ChronyLayout Layout { get; }

    /// <summary>Starts it anew with the configuration on disk.</summary>
    /// <returns>What went wrong, or null.</returns>
    Task<string?> RestartAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="RestartAsync"/>
    Task<string?> StopAsync(CancellationToken cancellationToken);
}
