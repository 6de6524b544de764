using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Hosting;

/// <summary>
/// Keeps what Mosquitto needs beside a control plane: writes it once the fleet is known, again as soon as a certificate was
/// withdrawn, and before the broker's own runs out. <c>mosquitto.conf</c> is written last each time, so who restarts the broker
/// when that file is another one has all of them.
/// </summary>
public sealed class MosquittoKeeper(ControlPlaneSettings settings, MosquittoSetup setup, IFileLayer layer, TimeProvider time)
{
    /// <summary>A certificate that was withdrawn is refused this much later at most.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private readonly DataDirectory _data = new(settings.DataDirectory);

    /// <summary>Runs until cancelled.</summary>
    /// <param name="written">Told each time.</param>
    /// <exception cref="FileLayerException">A file cannot be read or written.</exception>
    public async Task KeepAsync(Action<MosquittoWritten.Done> written, CancellationToken cancellationToken)
    {
        (FileStat? Withdrawn, DateTimeOffset RenewAt)? last = null;
        while (true)
        {
            var withdrawn = layer.Stat(_data.Withdrawn);
            var isDue = last is not { } done || done.Withdrawn != withdrawn || time.GetUtcNow() >= done.RenewAt;
            // Refused: the fleet is not known yet, or somebody issues a certificate right now. The next look tries again.
            if (isDue && MosquittoFiles.Write(settings, setup, layer, time) is MosquittoWritten.Done files)
            {
                last = (withdrawn, time.GetUtcNow() + (setup.Validity * 2 / 3));
                written(files);
            }

            await Task.Delay(Look, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
