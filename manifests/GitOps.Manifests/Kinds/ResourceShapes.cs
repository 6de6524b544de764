using GitOps.Bundles.Units;
using GitOps.Manifests.Containers;
using GitOps.Manifests.Shapes;

namespace GitOps.Manifests.Kinds;

/// <summary>Bounds on what runs.</summary>
internal static class ResourceShapes
{
    /// <summary>The shortest slice of a processor that the kernel gives out, and less memory than any program starts in.</summary>
    private const int LeastCpuMillis = 10;
    private const long LeastMemory = 4 << 20;

    private static readonly Shape<int> Pids = Scalars.Integer("integer", 1, 1_000_000);

    public static readonly Shape<ResourceLimits> Limits = new ObjectShape<ResourceLimits>("resources", f => new ResourceLimits
    {
        CpuMillis = f.OptionalValue("cpu", ContainerScalars.Cpu, "processors: `2`, `0.5` or `500m`"),
        MemoryBytes = f.OptionalValue("memory", Scalars.Size, "above it the kernel ends the process"),
        Pids = f.OptionalValue("pids", Pids, "processes and threads"),
    })
    {
        Rules =
        [
            new("at least one of `cpu`, `memory`, `pids`", (_, node, findings) =>
            {
                if (!node.TryGet("cpu", out var _) && !node.TryGet("memory", out var _) && !node.TryGet("pids", out var _))
                {
                    findings.Error(ManifestCodes.MissingField, node.Span, "nothing is bounded", "add 'cpu', 'memory' or 'pids', or take 'resources' out");
                }
            }) { IsAboutKeys = true },
            new("`cpu` is at least 10m, `memory` at least 4Mi", (limits, node, findings) =>
            {
                if (limits.CpuMillis < LeastCpuMillis || limits.MemoryBytes < LeastMemory)
                {
                    findings.Error(ManifestCodes.InvalidValue, node.Span, "the kernel starts no program within so little",
                        "give it at least 10m of a processor and 4Mi of memory");
                }
            }),
        ],
    };
}
