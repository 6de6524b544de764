using System.Globalization;
using System.Net.Sockets;
using GitOps.Platform.Processes;
using GitOps.TestKit.Net;
using Xunit;

namespace GitOps.TestKit.Containers;

/// <summary>
/// A registry of a test's own on a loopback port, optionally with one user; skips where the program is missing. Stopping and
/// starting it again keeps its images.
/// </summary>
public sealed class TestRegistry : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string _program = NeedsPackage.OrSkip("docker-registry");
    private LongProcess? _process;

    private TestRegistry(string? htpasswd)
    {
        var authentication = "";
        if (htpasswd is not null)
        {
            File.WriteAllText(_directory["htpasswd"], htpasswd + "\n");
            authentication = $"auth:\n  htpasswd:\n    realm: test\n    path: {_directory["htpasswd"]}";
        }

        File.WriteAllText(_directory["config.yml"], string.Create(CultureInfo.InvariantCulture, $"""
            version: 0.1
            log:
              level: error
            storage:
              filesystem:
                rootdirectory: {_directory["data"]}
            http:
              addr: 127.0.0.1:{Port}

            """) + authentication + "\n");
    }

    public int Port { get; } = FreePort.Next();

    /// <summary>Where an image lies in it.</summary>
    public string Repository(string name) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}/{name}");

    /// <param name="htpasswd">A line <c>user:bcrypt</c>; null: anybody.</param>
    public static async Task<TestRegistry> StartAsync(string? htpasswd, CancellationToken cancellationToken)
    {
        var registry = new TestRegistry(htpasswd);
        await registry.StartAgainAsync(cancellationToken);
        return registry;
    }

    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        _process = LongProcess.Start(new Command([_program, "serve", _directory["config.yml"]]))
            ?? throw new InvalidOperationException("the registry cannot be started");
        await Eventually.BecomesTrue(AcceptsAsync, TimeSpan.FromSeconds(30), cancellationToken);
    }

    public async Task StopAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
            _process = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _directory.Dispose();
    }

    private async Task<bool> AcceptsAsync()
    {
        Assert.False(_process!.HasExited, $"the registry ended: {_process.Error}");
        try
        {
            using var probe = new TcpClient();
            await probe.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
