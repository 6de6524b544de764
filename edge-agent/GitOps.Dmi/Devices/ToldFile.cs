using System.Text.Json;
using GitOps.Dmi.Control;
using GitOps.Platform.Files;
using GitOps.Platform.Timing;

namespace GitOps.Dmi.Devices;

/// <summary>
/// What must outlive this program: a mapper registers once, when it begins, so its socket is known from then on or never; and
/// a device that it has already is not given to it again. Lost or damaged it costs a restart of the mapper, nothing else.
/// </summary>
internal sealed class ToldFile(IFileLayer layer, string directory, DeviceBook book) : IDisposable
{
    private const int LimitBytes = 16 << 20;

    private readonly SlotStore _slots = new(layer, directory, "told", LimitBytes);
    private readonly Wakeup _dirty = new(TimeProvider.System);
    private readonly SemaphoreSlim _turn = new(1, 1);

    public void Load()
    {
        foreach (var slot in _slots.ReadAll())
        {
            if (TryRead(slot.Content.Span) is { } document)
            {
                book.Restore(document.Mappers.Select(m => (m.Protocol, m.Address)), document.Devices.Select(d => (d.Name, new Told(d.Protocol, d.Digest))));
                return;
            }
        }
    }

    /// <summary>Soon: what is lost of it is told once more.</summary>
    public void SaveSoon() => _dirty.Signal();

    /// <summary>Before somebody is answered that it is so.</summary>
    /// <returns>Why it does not hold, or null.</returns>
    public async Task<string?> SaveAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var (mappers, devices) = book.Keep();
            _slots.Write(JsonSerializer.SerializeToUtf8Bytes(new ToldDocument(1,
                [.. mappers.Select(m => new ToldMapper(m.Protocol, m.Address))],
                [.. devices.Select(d => new ToldDevice(d.Name, d.Told.Protocol, d.Told.Digest))]), ControlContext.Default.ToldDocument));
            return null;
        }
        catch (FileLayerException failure)
        {
            return failure.Message;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await _dirty.WaitAsync(TimeSpan.FromHours(1), cancellationToken))
            {
                await SaveAsync(cancellationToken);
            }
        }
    }

    public void Dispose() => _turn.Dispose();

    internal static ToldDocument? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, ControlContext.Default.ToldDocument) is { Format: 1 } document ? document : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

internal sealed record ToldDocument(int Format, ToldMapper[] Mappers, ToldDevice[] Devices);

internal sealed record ToldMapper(string Protocol, string Address);

internal sealed record ToldDevice(string Name, string Protocol, string Digest);
