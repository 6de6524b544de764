using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Store;

/// <summary>Sees to it that one process at a time publishes into a store; a holder that dies lets go.</summary>
public static class StoreLease
{
    public static LeaseTaking Take(string directory)
    {
        DiskFileLayer.Host.EnsureDirectory(directory, StoreFiles.DirectoryMode);
        return CommandLock.TryTake($"{directory}/lease", out var holder) is { } held
            ? new LeaseTaking.Held(held)
            : new LeaseTaking.Refused(new Problem(StoreCodes.LeaseTaken,
                What: $"{directory} is in use by {holder}",
                Fix: "stop the other control plane, or give this one a data directory of its own"));
    }
}

public abstract record LeaseTaking
{
    private LeaseTaking() { } // closed: every case is in this file

    /// <summary>Disposing gives it up; nothing can be published after.</summary>
    public sealed record Held : LeaseTaking, IDisposable
    {
        private readonly CommandLock _lock;

        internal Held(CommandLock held) => _lock = held;

        internal bool IsGivenUp { get; private set; }

        public void Dispose()
        {
            IsGivenUp = true;
            _lock.Dispose();
        }
    }

    public sealed record Refused(Problem Problem) : LeaseTaking;
}
