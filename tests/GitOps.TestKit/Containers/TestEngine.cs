using GitOps.Platform.Processes;
using Xunit;

namespace GitOps.TestKit.Containers;

/// <summary>A container engine with images and containers of a test's own, served on a socket.</summary>
public abstract class TestEngine
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>In the place of a program: this engine's command line.</summary>
    public const string Itself = "engine";

    /// <summary>The socket of the service that runs all the time.</summary>
    public abstract string Socket { get; }

    /// <summary>An image of BusyBox, with its digest.</summary>
    public string Busybox { get; protected set; } = "";

    /// <summary>Skips the test where a part is missing; fails it in CI.</summary>
    public abstract void Require();

    /// <summary>Runs a program, <see cref="Itself"/> on this storage; its output.</summary>
    public async Task<string> RunAsync(IReadOnlyList<string> command)
    {
        var result = await TryAsync(command);
        Assert.True(result.Succeeded, $"{string.Join(' ', command)}: {result.ExitCode} {result.Error}");
        return result.Output;
    }

    /// <summary>The same, and it may fail.</summary>
    public Task<CommandResult> TryAsync(IReadOnlyList<string> command) => new CommandRunner(TimeProvider.System).RunAsync(
        new Command([.. Translate(command)]) { Deadline = Limit }, CancellationToken.None);

    /// <summary>BusyBox as the layer of an image, for a registry.</summary>
    /// <param name="mark">Tells images apart.</param>
    public async Task<byte[]> BusyboxLayerAsync(string mark)
    {
        using var directory = new TempDirectory();
        BusyboxRoot.Write(directory["root"], mark);
        await RunAsync(["tar", "-C", directory["root"], "-cf", directory["layer"], "."]);
        return await File.ReadAllBytesAsync(directory["layer"]);
    }

    protected abstract IEnumerable<string> Translate(IReadOnlyList<string> command);
}
