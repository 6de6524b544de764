using System.Collections.Concurrent;
using System.Text.Json;
using GitOps.ControlPlane.Identity;
using GitOps.Manifests.Registrations;
using GitOps.Platform.Timing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Registrations;

/// <summary>
/// Honours the registrations of a namespace: their tokens are good here as long as they say so, and each is told what became of
/// its node. Level-triggered: everything is listed at the start and whenever the watch is lost; what happened in between shows
/// in what is there. While the API server is away, what was known goes on.
/// </summary>
internal sealed class RegistrationWatch(
    RegistrationClient client, string ns, string fleet, EnrolmentTokens tokens, FleetAuthority authority, TimeProvider time, Random random,
    ILogger<RegistrationWatch> logger)
{
    /// <summary>Certificates end without anybody saying so.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, RegistrationObject> _known = new(StringComparer.Ordinal);
    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), random);
    private readonly Wakeup _changed = new(time);
    private volatile bool _isListed;

    /// <summary>
    /// Whether a registration says that the node's certificate is not to be renewed now; null until everything was listed once,
    /// for nothing is known before.
    /// </summary>
    public bool? IsSuspended(string node) => !_isListed ? null : _known.TryGetValue(node, out var found) && found.Spec is { Suspended: true } spec && spec.Fleet == fleet;

    /// <summary>A node enrolled: its registration is to say so.</summary>
    public void Look() => _changed.Signal();

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(FollowAsync(cancellationToken), TellAsync(cancellationToken));

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var (items, version) = await client.ListAsync(cancellationToken).ConfigureAwait(false);
                foreach (var gone in _known.Keys.Except(items.Select(item => item.Metadata.Name)).ToList())
                {
                    await ForgetAsync(gone, cancellationToken).ConfigureAwait(false);
                }

                foreach (var item in items)
                {
                    await TakeAsync(item, cancellationToken).ConfigureAwait(false);
                }

                await ForgetTokensAsync(cancellationToken).ConfigureAwait(false);
                _isListed = true;
                _backoff.Reset();
                _changed.Signal();
                RegistrationLog.Listed(logger, items.Count, ns);
                await WatchAsync(version, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (IsOfTheWorld(failure) && !cancellationToken.IsCancellationRequested)
            {
                RegistrationLog.Away(logger, failure.Message);
                await Task.Delay(_backoff.Next(), time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Returns when everything is to be listed again.</summary>
    private async Task WatchAsync(string version, CancellationToken cancellationToken)
    {
        while (true)
        {
            var isSilent = true;
            await foreach (var seen in client.WatchAsync(version, cancellationToken).ConfigureAwait(false))
            {
                isSilent = false;
                switch (seen)
                {
                    case RegistrationEvent.Gone:
                        return;
                    case RegistrationEvent.Bookmark(var at):
                        version = at;
                        continue;
                    case RegistrationEvent.Changed(var item):
                        version = item.Metadata.ResourceVersion ?? version;
                        await TakeAsync(item, cancellationToken).ConfigureAwait(false);
                        break;
                    case RegistrationEvent.Deleted(var item):
                        version = item.Metadata.ResourceVersion ?? version;
                        await ForgetAsync(item.Metadata.Name, cancellationToken).ConfigureAwait(false);
                        break;
                }

                _changed.Signal();
            }

            if (isSilent)
            {
                await Task.Delay(_backoff.Next(), time, cancellationToken).ConfigureAwait(false); // a server that ends every watch at once
            }
            else
            {
                _backoff.Reset();
            }
        }
    }

    private async Task TakeAsync(RegistrationObject item, CancellationToken cancellationToken)
    {
        if (item.Spec is { Suspended: not true } spec && spec.Fleet == fleet && EnrolmentText.IsHash(spec.TokenHash))
        {
            var until = spec.Expires ?? (item.Metadata.CreationTimestamp ?? time.GetUtcNow()) + EdgeRegistration.DefaultLife;
            await tokens.KeepAsync(
                new EnrolmentToken(IdOf(item.Metadata.Name), spec.Node, spec.TokenHash, Origin, Replaces: true, time.GetUtcNow(),
                    DateTimeOffset.FromUnixTimeMilliseconds(until.ToUnixTimeMilliseconds())),
                cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await tokens.RevokeAsync(IdOf(item.Metadata.Name), Origin, cancellationToken).ConfigureAwait(false);
        }

        _known[item.Metadata.Name] = item; // after its token, or the object would be told for a moment that it has none
    }

    private async Task ForgetAsync(string name, CancellationToken cancellationToken)
    {
        _known.TryRemove(name, out _);
        await tokens.RevokeAsync(IdOf(name), Origin, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tokens of objects that went while nobody watched.</summary>
    private async Task ForgetTokensAsync(CancellationToken cancellationToken)
    {
        foreach (var token in tokens.List().Where(token => token.Origin == Origin && token.RevokedAt is null))
        {
            if (!_known.Keys.Any(name => IdOf(name) == token.Id))
            {
                await tokens.RevokeAsync(token.Id, Origin, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _changed.WaitAsync(LookAgain, cancellationToken).ConfigureAwait(false);
            try
            {
                var known = _known.ToArray(); // before their tokens: each has one by then
                var made = tokens.List().Where(token => token.Origin == Origin).ToDictionary(token => token.Id, StringComparer.Ordinal);
                foreach (var (name, item) in known)
                {
                    await TellAsync(name, item, made.GetValueOrDefault(IdOf(name)), cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception failure) when (IsOfTheWorld(failure) && !cancellationToken.IsCancellationRequested)
            {
                RegistrationLog.NotTold(logger, failure.Message); // once more in a while, or when something changes
            }
        }
    }

    private async Task TellAsync(string name, RegistrationObject item, EnrolmentToken? token, CancellationToken cancellationToken)
    {
        if (item.Spec is not { } spec)
        {
            return;
        }

        var newest = spec.Fleet == fleet ? authority.KnownOf(spec.Node) : null;
        var isWithdrawn = newest is not null && authority.Withdrawals.Find(newest.Serial) is not null;
        var status = RegistrationStatus.Of(item, item.Status, fleet, token, newest, isWithdrawn, time.GetUtcNow());
        if (!status.IsSame(item.Status) && await client.WriteStatusAsync(name, status, cancellationToken).ConfigureAwait(false))
        {
            _known.TryUpdate(name, item with { Status = status }, item); // the watch says it too
        }
    }

    private string Origin => EnrolmentToken.RegistrationsOf(ns);

    private static string IdOf(string name) => $"er-{name}";

    private static bool IsOfTheWorld(Exception failure) =>
        failure is HttpRequestException or IOException or JsonException or InvalidDataException or OperationCanceledException or SqliteException;
}

internal static partial class RegistrationLog
{
    [LoggerMessage(151, LogLevel.Information, "{Count} registrations of namespace {Namespace} are honoured")]
    public static partial void Listed(ILogger logger, int count, string @namespace);

    [LoggerMessage(152, LogLevel.Warning, "PUB151: the registrations cannot be read: {Because}; those known go on")]
    public static partial void Away(ILogger logger, string because);

    [LoggerMessage(153, LogLevel.Warning, "PUB151: the status of registrations cannot be written: {Because}; it is tried again")]
    public static partial void NotTold(ILogger logger, string because);
}
