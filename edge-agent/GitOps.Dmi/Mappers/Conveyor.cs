using GitOps.Dmi.Control;
using GitOps.Dmi.Devices;
using GitOps.Platform.Timing;
using Grpc.Core;

namespace GitOps.Dmi.Mappers;

/// <summary>
/// Brings devices to their mappers. A mapper is told of a device when it has not got it as the agent wants it, and not else:
/// to be told again makes it stop the device and start it anew.
/// </summary>
internal sealed class Conveyor(DeviceBook book, MapperCalls calls, ToldFile told, TimeSpan revive, TimeProvider time)
{
    private const int AtOnce = 8;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>A mapper registers before it listens.</summary>
    private static readonly TimeSpan ToListen = TimeSpan.FromMilliseconds(300);

    private readonly Wakeup _wakeup = new(time);

    public void Wake() => _wakeup.Signal();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = time.GetTimestamp();
            var due = book.Where(entry => IsDue(entry, now));
            await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                async (entry, token) => await ConveyAsync(entry, token));
            await _wakeup.WaitAsync(Look, cancellationToken);
        }
    }

    /// <returns>Why it is not removed, or null.</returns>
    public async Task<string?> RemoveAsync(string name, CancellationToken cancellationToken)
    {
        if (book.Find(name) is not { } entry)
        {
            return null;
        }

        await entry.Turn.WaitAsync(cancellationToken);
        try
        {
            if (await RemoveToldAsync(entry, cancellationToken) is { } why)
            {
                return why;
            }

            book.Forget(name);
            return await told.SaveAsync(cancellationToken);
        }
        finally
        {
            entry.Turn.Release();
        }
    }

    private bool IsDue(DeviceEntry entry, long now)
    {
        if (entry.Wanted is not { } config || book.MapperOf(config.Protocol) is not { } mapper || entry.RetryAt > now ||
            (mapper.RegisteredAt > 0 && time.GetElapsedTime(mapper.RegisteredAt, now) < ToListen))
        {
            return false;
        }

        // A device that was off when its mapper began is not tried again by most: they have to be told again.
        return entry.Told != new Told(config.Protocol, entry.WantedDigest!) ||
               (config.Properties.Any(p => p.CycleMs is not null) && time.GetElapsedTime(Math.Max(entry.HeardAt ?? 0, entry.ToldAt), now) > Patience(entry, config));
    }

    private TimeSpan Patience(DeviceEntry entry, DeviceConfig config)
    {
        var slowest = TimeSpan.FromMilliseconds(config.Properties.Max(p => p.CycleMs) ?? 0);
        return (revive > slowest * 5 ? revive : slowest * 5) * (1 << Math.Min(entry.Revivals, 4));
    }

    private async Task ConveyAsync(DeviceEntry entry, CancellationToken cancellationToken)
    {
        if (!await entry.Turn.WaitAsync(0, cancellationToken))
        {
            return; // it is being spoken about; the next look is soon
        }

        try
        {
            if (entry.Wanted is { } config && entry.Told == new Told(config.Protocol, entry.WantedDigest!))
            {
                if (!IsDue(entry, time.GetTimestamp()))
                {
                    return;
                }

                book.With(entry, e =>
                {
                    (e.Told, e.Revivals) = (e.Told! with { Digest = "" }, e.Revivals + 1);
                    return false;
                });
            }

            await ConveyInTurnAsync(entry, cancellationToken);
        }
        finally
        {
            entry.Turn.Release();
        }
    }

    /// <summary>For whoever has the turn of the entry.</summary>
    /// <returns>Why the mapper has not got it, or null.</returns>
    public async Task<string?> ConveyInTurnAsync(DeviceEntry entry, CancellationToken cancellationToken)
    {
        if (entry is not { Wanted: { } config, WantedDigest: { } digest })
        {
            return "the device is not announced";
        }

        if (entry.Told is { } before && !string.Equals(before.Protocol, config.Protocol, StringComparison.OrdinalIgnoreCase) &&
            await RemoveToldAsync(entry, cancellationToken) is { } why)
        {
            return Failed(entry, why);
        }

        if (book.MapperOf(config.Protocol) is not { } mapper)
        {
            return Failed(entry, DeviceBook.NoMapper(config.Protocol));
        }

        if (entry.Told == new Told(config.Protocol, digest))
        {
            return null;
        }

        try
        {
            if (entry.Told is null)
            {
                await calls.RegisterAsync(mapper, entry.Name, config, cancellationToken);
            }
            else
            {
                await calls.ModelAsync(mapper, entry.Name, config, null, cancellationToken);
                await calls.UpdateAsync(mapper, entry.Name, config, null, cancellationToken);
            }
        }
        catch (RpcException failure)
        {
            return Failed(entry, MapperCalls.Why(failure));
        }

        book.With(entry, e =>
        {
            if (book.MapperOf(config.Protocol)?.Incarnation == mapper.Incarnation)
            {
                (e.Told, e.ToldAt) = (new Told(config.Protocol, digest), time.GetTimestamp());
            }

            var isNews = e.Problem is not null;
            (e.Problem, e.Failures, e.RetryAt) = (null, 0, 0);
            return isNews;
        });
        told.SaveSoon();
        return null;
    }

    /// <summary>Only what a mapper has is removed from it: asked for another, mappers end.</summary>
    private async Task<string?> RemoveToldAsync(DeviceEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Told is { } its && book.MapperOf(its.Protocol) is { } mapper)
        {
            try
            {
                await calls.RemoveAsync(mapper, entry.Name, cancellationToken);
            }
            catch (RpcException failure) when (!MapperCalls.IsNobody(failure) && !MapperCalls.IsItsOwn(failure))
            {
                return MapperCalls.Why(failure);
            }
            catch (RpcException)
            {
                // It is gone, and begins with what it is given then; or it says itself that it has no such device.
            }
        }

        book.With(entry, e =>
        {
            e.Told = null;
            return false;
        });
        return null;
    }

    private string Failed(DeviceEntry entry, string why)
    {
        book.With(entry, e =>
        {
            var pause = TimeSpan.FromSeconds(1 << Math.Min(e.Failures, 6));
            e.RetryAt = time.GetTimestamp() + (long)((pause < LongestPause ? pause : LongestPause).TotalSeconds * time.TimestampFrequency);
            e.Failures++;
            var isNews = e.Problem != why;
            e.Problem = why;
            return isNews;
        });
        return why;
    }
}
