using System.Collections.Frozen;
using System.Security.Cryptography.X509Certificates;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Identity;

/// <summary>
/// Which certificates are withdrawn, as of now: <c>gitops node add</c> in another process writes the file too, so each
/// question looks whether it is another one. Thread-safe.
/// </summary>
public sealed class Withdrawals
{
    internal const int LimitBytes = 64 << 20;

    private readonly IFileLayer _layer;
    private readonly string _path;
    private volatile Snapshot _snapshot;

    /// <exception cref="InvalidDataException">The file is there and is not what was written.</exception>
    public Withdrawals(IFileLayer layer, DataDirectory data)
    {
        (_layer, _path) = (layer, data.Withdrawn);
        _snapshot = Load(layer.Stat(_path));
    }

    /// <summary>The file says something else. Raised from any thread; handlers must be quick.</summary>
    public event Action? Changed;

    /// <summary>Null for a certificate that is good until it expires.</summary>
    public WithdrawnCertificate? Find(string serial) => Current().BySerial.GetValueOrDefault(serial);

    /// <inheritdoc cref="Find(string)"/>
    public WithdrawnCertificate? Find(X509Certificate2 certificate) => Find(SerialOf(certificate));

    /// <summary>Every certificate that is refused and not expired.</summary>
    public IEnumerable<WithdrawnCertificate> Revoked => Current().BySerial.Values.Where(c => c.State == Withdrawal.Revoked);

    /// <summary>For <see cref="GitOps.Platform.Tls.PeerVerifier.RevokedBecause"/>.</summary>
    public string? RevokedBecause(X509Certificate2 certificate) =>
        Find(certificate) is { State: Withdrawal.Revoked, Because: var because } ? because : null;

    /// <summary>The node was taken out of the fleet and has had no identity since.</summary>
    public bool IsRemoved(string node) => Current().Removed.Contains(node);

    /// <summary>As the authority's log writes it.</summary>
    public static string SerialOf(X509Certificate2 certificate) => certificate.SerialNumber.ToLowerInvariant();

    /// <summary>
    /// Hears at once of what another process withdraws, until disposed. Null where the machine has no inotify instance left:
    /// then the next question hears of it.
    /// </summary>
    public IDisposable? Watch()
    {
        try
        {
            var watcher = new FileSystemWatcher(FilePath.Parent(_path), Path.GetFileName(_path)) { NotifyFilter = NotifyFilters.FileName };
            watcher.Renamed += (_, _) => Current();
            watcher.EnableRaisingEvents = true;
            Current(); // what changed before it watched
            return watcher;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private Snapshot Current()
    {
        var stat = _layer.Stat(_path);
        var known = _snapshot;
        if (stat == known.Stat)
        {
            return known;
        }

        try
        {
            var next = Load(stat);
            _snapshot = next;
            Changed?.Invoke();
            return next;
        }
        catch (Exception failure) when (failure is InvalidDataException or FileLayerException)
        {
            return known; // what was withdrawn stays so, whatever the disk says now
        }
    }

    private Snapshot Load(FileStat? stat) => new(
        stat,
        _layer.Read(_path, LimitBytes) is { } bytes ? WithdrawnCertificates.Read(_path, bytes) : WithdrawnCertificates.None);

    private sealed class Snapshot(FileStat? stat, WithdrawnCertificates content)
    {
        public FileStat? Stat { get; } = stat;

        public FrozenDictionary<string, WithdrawnCertificate> BySerial { get; } =
            content.Certificates.ToFrozenDictionary(certificate => certificate.Serial, StringComparer.Ordinal);

        public FrozenSet<string> Removed { get; } = content.Removed.ToFrozenSet(StringComparer.Ordinal);
    }
}
