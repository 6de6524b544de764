using GitOps.Agent.Host.Links;
using GitOps.Agent.Host.Storage.Syncing;
using GitOps.Agent.Storage.Replicas;
using GitOps.Agent.Storage.Syncing;
using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Storage.Replicas;

/// <summary>Keeps one folder as it is on other nodes: Syncthing runs while it may, and is asked how it is.</summary>
internal sealed class ReplicaFollower : FollowedSync
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    /// <summary>A database of another version is converted before anything is answered.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);

    /// <summary>That all is well is told, and written down, no more often than somebody needs to know.</summary>
    private static readonly TimeSpan TellEvery = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan WriteEvery = TimeSpan.FromHours(1);

    private static readonly RestartBackoff Backoff = new(InitialMs: 1_000, MaxMs: 300_000);

    private readonly SyncSurroundings _around;
    private readonly ReplicaIdentity _identity;
    private readonly SyncFolders _folders;
    private readonly string _self;
    private SyncMemory _memory = null!; // set before anything else is done
    private long? _written;
    private string? _told;

    /// <param name="self">The node, one of the peers.</param>
    /// <param name="ended">Told when it is in another way than before; with the problem where there is another one.</param>
    public ReplicaFollower(
        string name, SyncJob job, string self, SyncSurroundings around, ReplicaIdentity identity, Func<string?> held, Action<Problem?> ended)
        : base(name, job, held, around.Time, ended)
    {
        (_around, _identity, _self) = (around, identity, self);
        _folders = new SyncFolders(around.Layer, job, name);
        Begin();
    }

    private ReplicaGroup Group => Job.Spec.Remote.Nodes!;

    protected override async Task FollowAsync(CancellationToken stop)
    {
        _memory = (_around.Files.Read(Name) ?? new SyncMemory { Since = Time.GetUtcNow() }).For(Job.Spec);
        Set(v => v with { Memory = _memory });
        var attempt = 1;
        while (true)
        {
            if (WhyPaused() is { } why)
            {
                Set(v => v with { Phase = SyncPhase.Waiting, Message = why, Progress = null });
                await Wakeup.WaitAsync(WhileHeld, stop);
                continue;
            }

            var begun = Time.GetTimestamp();
            if (await TryAsync(stop) is { } problem)
            {
                Set(v => v with { Phase = problem.Code == ReplicaCodes.OtherId.Id ? SyncPhase.Stopped : SyncPhase.Failing, Progress = null, Message = $"{problem.Code}: {problem.What}" });
                TellOnce(problem, isOther: true);
                var restart = RestartPause.After(new ProcessRun(default, null, Time.GetElapsedTime(begun), null, attempt, 0), Backoff);
                attempt = restart.Attempt;
                await Wakeup.WaitAsync(restart.Pause, stop);
            }
        }
    }

    private async Task<Problem?> TryAsync(CancellationToken stop)
    {
        try
        {
            return await ServeAsync(stop);
        }
        catch (FileLayerException failure)
        {
            return new Problem(ReplicaCodes.Failed, failure.Message, "check the disk and the rights of the agent on the node");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The edge of a loop of its own: a mistake of ours in one replica must not silence it for good.
            return Bug(e);
        }
    }

    /// <summary>Lets it run until it ends, must not run any more, or there is something in the way.</summary>
    private async Task<Problem?> ServeAsync(CancellationToken stop)
    {
        var (id, pem) = _identity.Get();
        if (Group.Peers.FirstOrDefault(peer => peer.Node == _self)?.Id is var declared && declared != id)
        {
            return new Problem(ReplicaCodes.OtherId, $"the replica id of node '{_self}' is {id}, and Git says {declared ?? "none"}", $"write 'id: {id}' at peer '{_self}'");
        }

        if (ProgramPath.Find(Syncthing.Program, workingDirectory: null) is not { } program)
        {
            return new Problem(SyncCodes.NoProgram, $"there is no program '{Syncthing.Program}' on this machine", $"install it on the node: apt-get install {Syncthing.Program}");
        }

        MakeFolder();
        await using var syncthing = Syncthing.Start(program, _around.Files, Job, Name, _self, pem, Wakeup.Signal);
        if (syncthing is null)
        {
            return new Problem(ReplicaCodes.Failed, $"{program} cannot be run", "install it anew");
        }

        var sight = new ReplicaSight(_folders, Job, Time);
        var (heard, pause) = (Time.GetTimestamp(), Shortest);
        ReplicaReading? last = null;
        Set(v => v with { Phase = SyncPhase.Running, Message = "it starts" });
        while (!syncthing.HasExited && WhyPaused() is null)
        {
            if (TakeAsked())
            {
                await syncthing.RescanAsync(stop);
            }

            if (await syncthing.ReadAsync(stop) is { } reading)
            {
                heard = Time.GetTimestamp();
                await PutBackAsync(syncthing, reading, stop);
                Heed(ReplicaJudge.Judge(Job, _self, reading, sight.Conflicts(reading), sight.Alone(reading)));
                (last, pause) = (reading, reading == last ? Min(pause * 2, Longest) : Shortest);
            }
            else if (Time.GetElapsedTime(heard) > Silence)
            {
                break;
            }

            await Wakeup.WaitAsync(pause, stop);
        }

        return WhyPaused() is not null ? null
            : new Problem(ReplicaCodes.Failed, syncthing.Warning is { } warning ? $"syncthing: {warning}" : syncthing.HasExited ? "syncthing ended, and did not say why" : "syncthing does not answer",
                "'gitops-agent status' says when it goes on; the disk, the port and the memory of the machine are the usual reasons");
    }

    /// <summary>Once: a folder that goes away later is a disk that is not mounted, or a mistake, and nothing is made in its stead.</summary>
    private void MakeFolder()
    {
        if (_memory.HasBegun)
        {
            return;
        }

        if (_around.Layer.Stat(Job.VolumePath) is not { Kind: FileKind.Directory } volume)
        {
            throw new FileLayerException(FileFault.NotFound, "use", Job.VolumePath, "the volume is not there");
        }

        if (_around.Layer.Stat(Job.Folder) is null)
        {
            _around.Layer.EnsureDirectory(Job.Folder, SyncFolders.Open);
            if (_around.Layer.Stat(Job.Folder)!.Owner != volume.Owner)
            {
                _around.Layer.SetOwner(Job.Folder, volume.Owner);
            }
        }
    }

    /// <summary>On a node that follows another, what was changed by itself is put aside and given up.</summary>
    private async Task PutBackAsync(Syncthing syncthing, ReplicaReading reading, CancellationToken stop)
    {
        if (reading is not { Changed: > 0, IsAtRest: true } || Group.Source is null || Group.Source == _self)
        {
            return;
        }

        var changed = await syncthing.ChangedAsync(stop);
        _folders.PutAside(changed, Time.GetUtcNow());
        await syncthing.RevertAsync(stop);
        Tell(new Problem(ReplicaCodes.PutBack, $"{(changed.Count == 1 ? "1 file was" : $"{changed.Count} files were")} changed on this node, and {Group.Source} is the one to say: {string.Join(", ", changed.Take(3))}",
            $"what was changed is in {Job.Folder}.conflicts; to keep it, change it on {Group.Source}"));
    }

    private void Heed(ReplicaVerdict verdict)
    {
        var now = Time.GetUtcNow();
        var (before, isFirst) = (View, _memory.LastSuccess is null);
        var isTold = verdict.IsWhole && (before.Phase != SyncPhase.Waiting || now - _memory.LastSuccess is not { } since || since >= TellEvery || since < TimeSpan.Zero);
        _memory = _memory with { HasBegun = true, Counts = verdict.Counts, LastSuccess = isTold ? now : _memory.LastSuccess };
        if (_written is not { } at || (isFirst && isTold) || Time.GetElapsedTime(at) >= WriteEvery)
        {
            _around.Files.Write(Name, _memory);
            _written = Time.GetTimestamp();
        }

        Set(v => v with
        {
            Memory = _memory,
            Phase = verdict.Phase,
            Progress = verdict.Progress,
            Message = verdict.Problem is { } problem ? $"{problem.Code}: {problem.What}" : verdict.Message,
        });
        TellOnce(verdict.Problem, isOther: before.Phase != verdict.Phase || (isFirst && isTold));
    }

    private void TellOnce(Problem? problem, bool isOther)
    {
        if (problem?.Code != _told || isOther)
        {
            Tell(problem?.Code == _told ? null : problem);
            _told = problem?.Code;
        }
    }

    private string? WhyPaused() => Suspended ?? Held ?? SyncSchedule.WhyClosed(Job.Spec, WallClock.Now(Time, Job.Spec.TimeZone));

    private static TimeSpan Min(TimeSpan one, TimeSpan two) => one < two ? one : two;
}
