using System.Globalization;
using GitOps.Platform.Processes;
using Xunit;

namespace GitOps.TestKit.Net;

/// <summary>Two networks of their own, with one wire between them that is called <c>wire</c> at both ends. Needs root and iproute2.</summary>
public sealed class NamespacePair : IAsyncDisposable
{
    private static int _count;
    private readonly CommandRunner _commands = new(TimeProvider.System);
    private readonly string _first, _second;

    private NamespacePair()
    {
        var number = Interlocked.Increment(ref _count);
        _first = string.Create(CultureInfo.InvariantCulture, $"gitops-a-{Environment.ProcessId}-{number}");
        _second = string.Create(CultureInfo.InvariantCulture, $"gitops-b-{Environment.ProcessId}-{number}");
    }

    /// <summary>What a program is started within, to be in the first of them; 10.77.0.1.</summary>
    public IReadOnlyList<string> WithinFirst => Within(_first);

    /// <summary>What a program is started within, to be in the second of them; 10.77.0.2.</summary>
    public IReadOnlyList<string> WithinSecond => Within(_second);

    public static async Task<NamespacePair> CreateAsync(CancellationToken cancellationToken)
    {
        var pair = new NamespacePair();
        await pair.RunAsync(cancellationToken, "ip", "netns", "add", pair._first);
        await pair.RunAsync(cancellationToken, "ip", "netns", "add", pair._second);
        await pair.RunAsync(cancellationToken, "ip", "link", "add", "wire", "netns", pair._first, "type", "veth", "peer", "name", "wire", "netns", pair._second);
        foreach (var (name, address) in new[] { (pair._first, "10.77.0.1/24"), (pair._second, "10.77.0.2/24") })
        {
            await pair.RunAsync(cancellationToken, [.. Within(name), "ip", "address", "add", address, "dev", "wire"]);
            await pair.RunAsync(cancellationToken, [.. Within(name), "ip", "link", "set", "lo", "up"]);
            await pair.RunAsync(cancellationToken, [.. Within(name), "ip", "link", "set", "wire", "up"]);
        }

        return pair;
    }

    /// <summary>The wire goes with them.</summary>
    public async ValueTask DisposeAsync()
    {
        _ = await _commands.RunAsync(["ip", "netns", "delete", _first], CancellationToken.None);
        _ = await _commands.RunAsync(["ip", "netns", "delete", _second], CancellationToken.None);
    }

    /// <summary>Not <c>ip netns exec</c> and not <c>ip -n</c>: they copy all mounts, which keeps disks of other tests mounted as long as the program runs.</summary>
    private static IReadOnlyList<string> Within(string name) => ["nsenter", $"--net=/run/netns/{name}", "--"];

    private async Task RunAsync(CancellationToken cancellationToken, params string[] command)
    {
        var result = await _commands.RunAsync(command, cancellationToken);
        Assert.True(result.Succeeded, $"{string.Join(' ', command)}: {result.Error}");
    }
}
