using System.Globalization;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary>
/// The kernel drops what goes to a port of this machine, or what comes from it: real loss in one direction, which no proxy
/// makes. Concerns packets of loopback with that port only, and ends with disposing.
/// </summary>
internal sealed class PacketLoss : IAsyncDisposable
{
    private static readonly CommandRunner Commands = new(TimeProvider.System);
    private readonly List<string[]> _rules = [];

    private PacketLoss()
    {
    }

    /// <param name="isUp">Of what goes to the ports; else of what comes from them.</param>
    public static async Task<PacketLoss> BeginAsync(bool isUp, CancellationToken cancellationToken, params int[] ports)
    {
        var iptables = NeedsPackage.OrSkip("iptables");
        var loss = new PacketLoss();
        foreach (var port in ports)
        {
            string[] rule = ["INPUT", "-i", "lo", "-p", "tcp", isUp ? "--dport" : "--sport", port.ToString(CultureInfo.InvariantCulture), "-j", "DROP"];
            var answer = await Commands.RunAsync(new Command([iptables, "-I", .. rule]), cancellationToken);
            if (!answer.Succeeded)
            {
                await loss.DisposeAsync();
                NeedsPackage.Missing($"this machine lets us drop no packets: {answer.Error.Trim()}");
            }

            loss._rules.Add([iptables, "-D", .. rule]);
        }

        return loss;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var rule in _rules)
        {
            await Commands.RunAsync(new Command(rule), CancellationToken.None);
        }

        _rules.Clear();
    }
}
