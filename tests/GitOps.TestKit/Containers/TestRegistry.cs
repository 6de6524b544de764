using System.Globalization;
using GitOps.Platform.Processes;
using GitOps.TestKit.Net;

namespace GitOps.TestKit.Containers;

/// <summary>A registry of a test's own, optionally with one user; skips where the program is missing. Keeps its images when it is stopped.</summary>
public sealed class TestRegistry : LoopbackServer
{
    private readonly string _program = NeedsPackage.OrSkip("docker-registry");

    private TestRegistry(string? htpasswd)
    {
        var authentication = "";
        if (htpasswd is not null)
        {
            File.WriteAllText(Directory["htpasswd"], htpasswd + "\n");
            authentication = $"auth:\n  htpasswd:\n    realm: test\n    path: {Directory["htpasswd"]}";
        }

        File.WriteAllText(Directory["config.yml"], string.Create(CultureInfo.InvariantCulture, $"""
            version: 0.1
            log:
              level: error
            storage:
              filesystem:
                rootdirectory: {Directory["data"]}
            http:
              addr: 127.0.0.1:{Port}

            """) + authentication + "\n");
    }

    protected override Command Command => new([_program, "serve", Directory["config.yml"]]);

    /// <summary>Where an image lies in it.</summary>
    public string Repository(string name) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}/{name}");

    /// <param name="htpasswd">A line <c>user:bcrypt</c>; null: anybody.</param>
    public static Task<TestRegistry> StartAsync(string? htpasswd, CancellationToken cancellationToken) =>
        StartAsync(new TestRegistry(htpasswd), cancellationToken);
}
