using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Workloads;

/// <summary>What a process must be started anew for.</summary>
public static class WorkloadKey
{
    /// <summary>
    /// Covers the process and the content of every file that says to restart it; not probes and requirements, which change
    /// nothing about what runs. A restart is thus never lost: a run of another key is an old one, whatever crashed when.
    /// </summary>
    public static Digest Of(Unit workload, Bundle bundle)
    {
        var files = bundle.Units
            .Where(u => u.Spec is FileSpec file && file.Restart.Contains(workload.Id))
            .Select(u => new Unit(u.Name, new FileSpec { Path = "/", Content = ((FileSpec)u.Spec).Content }));
        return Digest.Of(Bundle.Of([new Unit(workload.Name, workload.Spec), .. files]).ToBytes());
    }

    /// <summary>Covers the unit's own files: names, contents, modes. Null when it has none.</summary>
    public static Digest? OfFiles(ProcessSpec process)
    {
        if (process.Files.IsEmpty)
        {
            return null;
        }

        var files = new WorkloadSpec { Process = new ProcessSpec { Command = [], Files = process.Files } };
        return Digest.Of(Bundle.Of([new Unit("files", files)]).ToBytes());
    }
}
