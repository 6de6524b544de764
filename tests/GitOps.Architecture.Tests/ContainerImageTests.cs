using System.Text.RegularExpressions;

namespace GitOps.Architecture.Tests;

/// <summary>What our images promise, read from their files; no registry of base images is reached here.</summary>
public sealed partial class ContainerImageTests
{
    public static TheoryData<string, string> Files { get; } = new()
    {
        { "reconciler/Dockerfile", "gitops" },
        { "edge-agent/Dockerfile", "gitops-agent" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void An_image_is_built_in_stages_from_exact_bases_and_runs_as_nobody_special(string file, string program)
    {
        var lines = Continued().Replace(Repository.Read(file), " ").Split('\n').Where(line => line.Length > 0 && line[0] != '#').ToList();
        var bases = lines.Where(line => line.StartsWith("FROM ", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, bases.Count);
        Assert.All(bases, line => Assert.Matches(Exact(), line));
        Assert.DoesNotContain("/sdk:", bases[^1], StringComparison.Ordinal);
        var last = lines[(lines.IndexOf(bases[^1]) + 1)..];
        Assert.Contains("USER 10001:10001", last);
        Assert.Contains("STOPSIGNAL SIGTERM", last);
        Assert.Contains(last, line => line.StartsWith("ENTRYPOINT [\"/", StringComparison.Ordinal) && line.EndsWith($"/{program}\"]", StringComparison.Ordinal));
        Assert.Contains(last, line => line.StartsWith("CMD [", StringComparison.Ordinal));
        Assert.DoesNotContain(last[(last.IndexOf("USER 10001:10001") + 1)..], line => line.StartsWith("RUN ", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.StartsWith("ADD ", StringComparison.Ordinal) || line.Contains("curl ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_control_plane_has_the_user_and_folders_that_its_manifests_mount()
    {
        var (image, manifests) = (Repository.Read("reconciler/Dockerfile"), Repository.Read("manifests/install/20-control-plane.yaml"));
        Assert.Contains("runAsUser: 10001", manifests, StringComparison.Ordinal);
        Assert.Contains("useradd --uid 10001", image, StringComparison.Ordinal);
        Assert.Contains("mountPath: /var/lib/gitops", manifests, StringComparison.Ordinal);
        Assert.Contains("VOLUME /var/lib/gitops", image, StringComparison.Ordinal);
        Assert.All(new[] { "8443", "8883", "8080" }, port => Assert.Contains($"containerPort: {port}", manifests, StringComparison.Ordinal));
        Assert.Contains("EXPOSE 8443 8883 8080", image, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex Continued();

    // A version to the patch with the system it stands on, or a digest.
    [GeneratedRegex(@"^FROM \S+(:\d+\.\d+\.\d+-[a-z-]+|@sha256:[0-9a-f]{64})( AS build)?$")]
    private static partial Regex Exact();
}
