using System.Globalization;
using System.Net;
using GitOps.Platform.Processes;

namespace GitOps.Benchmarks.Agent;

/// <summary>A network of its own for one program, with one wire to this machine that counts what passes. Needs root and iproute2.</summary>
internal sealed class VethPair : IAsyncDisposable
{
    private readonly ICommandRunner _commands;
    private readonly string _name;

    private VethPair(ICommandRunner commands, string name, IPAddress here) => (_commands, _name, Here) = (commands, name, here);

    /// <summary>This machine, as seen from the network.</summary>
    public IPAddress Here { get; }

    /// <summary>Starts a program in the network.</summary>
    public IReadOnlyList<string> Within => ["ip", "netns", "exec", _name];

    /// <summary>Frames of both directions as the kernel counts them for an interface: with Ethernet header, without preamble and checksum.</summary>
    public long Bytes => Statistic("rx_bytes") + Statistic("tx_bytes");

    public long Packets => Statistic("rx_packets") + Statistic("tx_packets");

    /// <summary>Null where it cannot be made.</summary>
    public static async Task<VethPair?> TryCreateAsync(ICommandRunner commands, CancellationToken cancellationToken)
    {
        var number = Random.Shared.Next(1, 255);
        var name = string.Create(CultureInfo.InvariantCulture, $"gbench{number}");
        var pair = new VethPair(commands, name, IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.213.{number}.1")));
        string[][] steps =
        [
            ["ip", "netns", "add", name],
            ["ip", "link", "add", name, "type", "veth", "peer", "name", "up", "netns", name],
            // Nobody here speaks IPv6; its solicitations are not the agent's.
            ["sysctl", "-q", "-w", $"net.ipv6.conf.{name}.disable_ipv6=1"],
            ["ip", "netns", "exec", name, "sysctl", "-q", "-w", "net.ipv6.conf.up.disable_ipv6=1"],
            ["ip", "address", "add", $"{pair.Here}/24", "dev", name],
            ["ip", "link", "set", name, "up"],
            ["ip", "-n", name, "address", "add", string.Create(CultureInfo.InvariantCulture, $"10.213.{number}.2/24"), "dev", "up"],
            ["ip", "-n", name, "link", "set", "dev", "up", "up"],
            ["ip", "-n", name, "link", "set", "lo", "up"],
        ];
        foreach (var step in steps)
        {
            if (await commands.RunAsync(new Command(step), cancellationToken) is { Succeeded: false } failed)
            {
                Console.Error.WriteLine($"   {string.Join(' ', step)}: {failed.Error.Trim()}");
                await pair.DisposeAsync();
                return null;
            }
        }

        return pair;
    }

    // The pair goes with the network.
    public async ValueTask DisposeAsync() =>
        _ = await _commands.RunAsync(new Command(["ip", "netns", "delete", _name]), CancellationToken.None);

    private long Statistic(string name) =>
        long.Parse(File.ReadAllText($"/sys/class/net/{_name}/statistics/{name}"), CultureInfo.InvariantCulture);
}
