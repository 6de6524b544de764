using System.Net;
using System.Net.Sockets;

namespace GitOps.ControlPlane.Identity;

/// <summary>
/// How often strangers may try to enrol. All together as often as one machine can answer; one address that was refused again
/// and again waits. A site whose machines enrol with good tokens from one address is not held up. Thread-safe; time is
/// handed in.
/// </summary>
public sealed class EnrolmentGate
{
    private const double TriesPerSecond = 500;
    private const double MostTries = 1000;
    private const double RefusalsPerSecond = 0.5;
    private const double MostRefusals = 20;

    /// <summary>Addresses remembered, until they have their whole allowance back; beyond, those share one.</summary>
    private const int MostAddresses = 10_000;

    private readonly Dictionary<IPAddress, Bucket> _refused = [];
    private readonly Lock _lock = new();
    private Bucket _all = new(MostTries, DateTimeOffset.MinValue);

    /// <summary>How long whoever comes from this address has to wait; null: not at all, and the try counts.</summary>
    public TimeSpan? Enter(IPAddress from, DateTimeOffset now)
    {
        lock (_lock)
        {
            var address = Of(from);
            if (_refused.Count >= MostAddresses && !_refused.ContainsKey(address))
            {
                address = IPAddress.None;
            }

            if (_refused.TryGetValue(address, out var refused) && refused.WaitAt(now, RefusalsPerSecond, MostRefusals) is { } own)
            {
                return own;
            }

            if (_all.WaitAt(now, TriesPerSecond, MostTries) is { } wait)
            {
                return wait;
            }

            _all = _all.TakeAt(now, TriesPerSecond, MostTries);
            return null;
        }
    }

    /// <summary>A try from this address was refused.</summary>
    public void Refused(IPAddress from, DateTimeOffset now)
    {
        lock (_lock)
        {
            var address = Of(from);
            if (!_refused.ContainsKey(address) && _refused.Count >= MostAddresses)
            {
                foreach (var (known, _) in _refused.Where(r => r.Value.LeftAt(now, RefusalsPerSecond, MostRefusals) >= MostRefusals).ToList())
                {
                    _refused.Remove(known);
                }

                address = _refused.Count >= MostAddresses ? IPAddress.None : address;
            }

            var bucket = _refused.GetValueOrDefault(address, new Bucket(MostRefusals, now));
            _refused[address] = bucket.TakeAt(now, RefusalsPerSecond, MostRefusals);
        }
    }

    /// <summary>Of IPv6 the network: who has one address has 2^64.</summary>
    private static IPAddress Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    private readonly record struct Bucket(double Left, DateTimeOffset At)
    {
        public double LeftAt(DateTimeOffset now, double perSecond, double most) =>
            Math.Min(most, Left + (Math.Max(0, (now - At).TotalSeconds) * perSecond));

        public TimeSpan? WaitAt(DateTimeOffset now, double perSecond, double most) =>
            LeftAt(now, perSecond, most) is var left and < 1 ? TimeSpan.FromSeconds((1 - left) / perSecond) : null;

        public Bucket TakeAt(DateTimeOffset now, double perSecond, double most) =>
            new(Math.Max(0, LeftAt(now, perSecond, most) - 1), now);
    }
}
