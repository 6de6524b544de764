using System.Text.RegularExpressions;

namespace GitOps.Architecture.Tests;

/// <summary>What our images promise, read from their files; no registry of base images is reached here.</summary>
public sealed partial class ContainerImageTests
{
    private static readonly Dictionary<string, string> Packages = new(StringComparer.Ordinal)
    {
        ["git"] = "git",
        ["gpg"] = "gnupg",
        ["ssh"] = "openssh-client",
        ["ssh-keygen"] = "openssh-client",
    };

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

    /// <summary>A folder is replaced by renaming one beside it: neither may be a mount point, and both are to be on the same volume.</summary>
    [Fact]
    public void The_image_of_the_agent_has_its_identity_below_a_volume()
    {
        var image = Repository.Read("edge-agent/Dockerfile");
        var identity = Regex.Match(image, "^ENV GITOPS_AGENT_IDENTITY=(\\S+)$", RegexOptions.Multiline).Groups[1].Value;
        var volumes = Regex.Match(image, "^VOLUME \\[(.+)\\]$", RegexOptions.Multiline).Groups[1].Value.Split(',').Select(volume => volume.Trim().Trim('"')).ToList();
        Assert.Contains(Path.GetDirectoryName(identity), volumes);
        Assert.DoesNotContain(identity, volumes);
        Assert.Contains("\"GITOPS_AGENT_IDENTITY\"", Repository.Read("edge-agent/GitOps.Agent.Host/Commands/RootCommands.cs"), StringComparison.Ordinal);
    }

    /// <summary>By what its sources start: a program that is missing shows when somebody first needs it.</summary>
    [Fact]
    public void The_image_of_the_control_plane_has_every_program_that_it_starts()
    {
        var installed = Regex.Match(Repository.Read("reconciler/Dockerfile"), "apt-get install -y --no-install-recommends ([a-z0-9 -]+) &&").Groups[1].Value.Split(' ');
        var started = Directory.EnumerateFiles(Path.Combine(Repository.Root, "reconciler/GitOps.ControlPlane"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => Started().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.Equal(Packages.Keys.Order(StringComparer.Ordinal), started);
        Assert.All(started, program => Assert.Contains(Packages[program], installed));
    }

    // The head of a command line: of a Command, of a list given to a runner, or of what git is told to reach servers by.
    [GeneratedRegex(@"(?:(?:new Command|new) ?\(\[|List<string> \w+ = \[|RunAsync\(\[(?=[^\]]*\], commands))\s*""([a-z][a-z-]*)""")]
    private static partial Regex Started();

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex Continued();

    // A version to the patch with the system it stands on, or a digest.
    [GeneratedRegex(@"^FROM \S+(:\d+\.\d+\.\d+-[a-z-]+|@sha256:[0-9a-f]{64})( AS build)?$")]
    private static partial Regex Exact();
}
