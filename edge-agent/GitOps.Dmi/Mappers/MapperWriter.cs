using GitOps.Dmi.Control;
using GitOps.Dmi.Devices;
using Grpc.Core;

namespace GitOps.Dmi.Mappers;

/// <summary>Has mappers write values, and waits until a mapper says that the device has them.</summary>
internal sealed class MapperWriter(DeviceBook book, MapperCalls calls, Conveyor conveyor, TimeProvider time)
{
    public async Task<WriteResult> WriteAsync(string name, WriteOrder order, CancellationToken cancellationToken)
    {
        if (book.Find(name) is not { Wanted: { } config } entry)
        {
            return new WriteResult("notSent", "the device is not announced");
        }

        if (config.Properties.FirstOrDefault(p => p.Name == order.Property) is not { } property)
        {
            return new WriteResult("refused", $"there is no property '{order.Property}'");
        }

        await entry.Turn.WaitAsync(cancellationToken);
        try
        {
            if (await conveyor.ConveyInTurnAsync(entry, cancellationToken) is { } why)
            {
                return new WriteResult("notSent", why);
            }

            var mapper = book.MapperOf(config.Protocol)!;
            try
            {
                await calls.ModelAsync(mapper, name, config, order, cancellationToken);
            }
            catch (RpcException failure)
            {
                return new WriteResult("notSent", MapperCalls.Why(failure));
            }

            return await WriteAsync(mapper, entry, config, property, order, cancellationToken);
        }
        finally
        {
            entry.Turn.Release();
        }
    }

    private async Task<WriteResult> WriteAsync(
        Mapper mapper, DeviceEntry entry, DeviceConfig config, PropertyConfig property, WriteOrder order, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        try
        {
            await calls.UpdateAsync(mapper, entry.Name, config, order, cancellationToken);
        }
        catch (RpcException failure)
        {
            return MapperCalls.IsNobody(failure) ? new WriteResult("notSent", MapperCalls.Why(failure))
                : MapperCalls.IsItsOwn(failure) ? new WriteResult("refused", MapperCalls.Why(failure))
                : new WriteResult("lost", MapperCalls.Why(failure));
        }

        if (!order.Confirm)
        {
            return new WriteResult("acknowledged", null);
        }

        var answered = time.GetTimestamp();
        var isConfirmed = await IsConfirmedAsync(entry, order, answered, cancellationToken);
        if (isConfirmed && !Messages.IsHurried(property, order))
        {
            return new WriteResult("acknowledged", null);
        }

        // A mapper that could not write the property does not read it any more, and one that did reads it too often.
        await TellAgainAsync(mapper, entry, config, cancellationToken);
        return isConfirmed ? new WriteResult("acknowledged", null)
            : entry.HeardAt >= answered ? new WriteResult("refused", $"the mapper did not say within {order.TimeoutMs} ms that the device has it; its log says why")
            : new WriteResult("lost", $"the mapper said nothing of the device for {(long)time.GetElapsedTime(began).TotalMilliseconds} ms");
    }

    private async Task<bool> IsConfirmedAsync(DeviceEntry entry, WriteOrder order, long since, CancellationToken cancellationToken)
    {
        var limit = TimeSpan.FromMilliseconds(order.TimeoutMs);
        while (true)
        {
            var next = book.NextChange();
            var isSo = false;
            book.With(entry, e =>
            {
                isSo = e.Twins.TryGetValue(order.Property, out var twin) && twin.At >= since && (twin.Observed == order.Value || twin.Value == order.Value);
                return false;
            });
            var left = limit - time.GetElapsedTime(since);
            if (isSo || left <= TimeSpan.Zero)
            {
                return isSo;
            }

            await Task.WhenAny(next, Task.Delay(left + TimeSpan.FromMilliseconds(1), time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task TellAgainAsync(Mapper mapper, DeviceEntry entry, DeviceConfig config, CancellationToken cancellationToken)
    {
        try
        {
            await calls.ModelAsync(mapper, entry.Name, config, null, cancellationToken);
            await calls.UpdateAsync(mapper, entry.Name, config, null, cancellationToken);
        }
        catch (RpcException)
        {
            book.With(entry, e =>
            {
                e.Told = e.Told is { } its ? its with { Digest = "" } : null;
                return false;
            });
        }
    }
}
