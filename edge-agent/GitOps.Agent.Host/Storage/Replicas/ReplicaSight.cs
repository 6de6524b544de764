using GitOps.Agent.Host.Storage.Syncing;
using GitOps.Agent.Storage.Replicas;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;

namespace GitOps.Agent.Host.Storage.Replicas;

/// <summary>What of a replica is seen over time, while Syncthing runs.</summary>
internal sealed class ReplicaSight(SyncFolders folders, SyncJob job, TimeProvider time)
{
    /// <summary>In the names of versions that lost, which Syncthing gives.</summary>
    private const string ConflictMark = ".sync-conflict-";

    /// <summary>Looking through a folder takes at most a twentieth of the time.</summary>
    private const int Share = 20;

    private EquatableArray<string> _conflicts = [];
    private (long Sequence, long At, TimeSpan Took)? _looked;
    private long _seen = time.GetTimestamp();

    /// <summary>Versions that lost, by path: as they were when the folder was last looked through, at rest and because something had changed.</summary>
    public EquatableArray<string> Conflicts(ReplicaReading reading)
    {
        if (reading.IsAtRest && _looked?.Sequence != reading.Sequence && (_looked is not { } last || time.GetElapsedTime(last.At) >= last.Took * Share))
        {
            var begun = time.GetTimestamp();
            _conflicts = folders.Scan(job.Folder).Files.Select(file => file.Path)
                .Where(path => Path.GetFileName(path).Contains(ConflictMark, StringComparison.Ordinal)).ToEquatableArray();
            _looked = (reading.Sequence, begun, time.GetElapsedTime(begun));
        }

        return _conflicts;
    }

    /// <summary>Since when no other node was connected.</summary>
    public TimeSpan Alone(ReplicaReading reading)
    {
        if (!reading.Connected.IsEmpty)
        {
            _seen = time.GetTimestamp();
        }

        return time.GetElapsedTime(_seen);
    }
}
