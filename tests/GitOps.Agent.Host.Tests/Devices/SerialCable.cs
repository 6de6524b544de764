using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Devices;

/// <summary>Two pseudo-terminals that socat connects: what is written to one end comes out of the other.</summary>
internal sealed class SerialCable : IAsyncDisposable
{
    private readonly TempDirectory _directory;
    private readonly LongProcess _process;

    private SerialCable(TempDirectory directory, LongProcess process) => (_directory, _process) = (directory, process);

    public string Near => $"{_directory.Path}/near";

    public string Far => $"{_directory.Path}/far";

    public static async Task<SerialCable> StartAsync(CancellationToken cancellationToken)
    {
        var socat = NeedsPackage.OrSkip("socat");
        var directory = new TempDirectory();
        var process = LongProcess.Start(new Command(
            [socat, $"pty,raw,echo=0,link={directory.Path}/near", $"pty,raw,echo=0,link={directory.Path}/far"]))!;
        var cable = new SerialCable(directory, process);
        await Eventually.BecomesTrue(() => File.Exists(cable.Near) && File.Exists(cable.Far), cancellationToken: cancellationToken);
        return cable;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _directory.Dispose();
    }
}
