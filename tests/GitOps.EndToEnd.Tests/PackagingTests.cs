using GitOps.EndToEnd.Tests.Fleet;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.EndToEnd.Tests;

/// <summary>The agent as it comes to a node: one executable for each architecture, a Debian package, an archive with a script.</summary>
public sealed class PackagingTests : IDisposable
{
    private const long LargestBytes = 20 * 1000 * 1000;
    private readonly TempDirectory _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_native_agent_is_one_file_of_at_most_twenty_megabytes()
    {
        RequireNative();
        foreach (var agent in new[] { Programs.Agent, Programs.Arm64Agent }.OfType<string>())
        {
            Assert.InRange(new FileInfo(agent).Length, 1, LargestBytes);
        }
    }

    [Fact]
    [Trait("needs", "qemu-user-static")]
    public async Task An_arm64_agent_follows_a_push()
    {
        var qemu = NeedsPackage.OrSkip("qemu-user-static", "qemu-aarch64-static");
        if (Programs.Arm64Agent is not { } agent || Programs.Arm64Root is not { } root)
        {
            NeedsPackage.Missing("GITOPS_AGENT_ARM64 and GITOPS_ARM64_ROOT name no agent: ./test sets them");
            return;
        }

        var program = _folder["gitops-agent"];
        await WriteProgramAsync(program, $"exec {qemu} -L {root} {agent} \"$@\"");
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node("arm-1", $"{fleet.HomeOf("arm-1")}/root")), ("things.yaml", Yaml.File("motd", "hello from afar")));
        var node = await fleet.EnrolAsync("arm-1", program: program);
        node.Start();
        await fleet.ConvergedAsync(fleet.Git.Head);
        Assert.Contains("hello from afar", node.Read("motd"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_script_installs_once_refuses_what_is_damaged_and_keeps_state_unless_told_otherwise()
    {
        RequireNative();
        var archive = await PackAsync();
        var (root, identity) = (_folder["root"], _folder["identity"]);
        Directory.CreateDirectory(root);
        Directory.CreateDirectory(identity);
        foreach (var file in new[] { "agent.json", "policy.json", "node.crt", "node.key" })
        {
            await File.WriteAllTextAsync($"{identity}/{file}", file, Cancellation);
        }

        string[] install = [$"{archive}/install.sh", "--root", root, "--arch", "x64"];
        Assert.Contains("installed", await OutputAsync([.. install, "--identity", identity]), StringComparison.Ordinal);
        Assert.Equal("nothing changed\n", await OutputAsync([.. install, "--identity", identity]));
        Assert.StartsWith("0.", await OutputAsync([$"{root}/usr/bin/gitops-agent", "--version"]), StringComparison.Ordinal);
        Assert.True(File.Exists($"{root}/etc/systemd/system/gitops-agent.service"));
        Assert.False(File.Exists($"{root}/usr/bin/gitops-dmi"));
        Assert.Contains("installed", await OutputAsync([.. install, "--dmi"]), StringComparison.Ordinal);
        Assert.Equal("nothing changed\n", await OutputAsync(install));
        Assert.Equal("mappers", await File.ReadAllTextAsync($"{root}/usr/bin/gitops-dmi", Cancellation));
        Assert.Equal("600", (await OutputAsync(["stat", "-c", "%a", $"{root}/etc/gitops-agent/node.key"])).Trim());

        await File.AppendAllTextAsync($"{archive}/gitops-agent-linux-x64", "x", Cancellation);
        var damaged = await Running.RunAsync(install, Cancellation);
        Assert.Equal(1, damaged.ExitCode);
        Assert.Contains("is not what SHA256SUMS says", damaged.Error, StringComparison.Ordinal);
        Assert.StartsWith("0.", await OutputAsync([$"{root}/usr/bin/gitops-agent", "--version"]), StringComparison.Ordinal);

        Directory.CreateDirectory($"{root}/var/lib/gitops-agent");
        await OutputAsync([.. install, "--uninstall"]);
        Assert.False(File.Exists($"{root}/usr/bin/gitops-agent") || File.Exists($"{root}/usr/bin/gitops-dmi") || File.Exists($"{root}/etc/systemd/system/gitops-agent.service"));
        Assert.True(Directory.Exists($"{root}/var/lib/gitops-agent") && File.Exists($"{root}/etc/gitops-agent/node.key"));
        await OutputAsync([.. install, "--uninstall", "--purge"]);
        Assert.False(Directory.Exists($"{root}/var/lib/gitops-agent") || Directory.Exists($"{root}/etc/gitops-agent"));
    }

    [Fact]
    public async Task The_debian_package_is_installed_removed_and_purged()
    {
        RequireNative();
        await PackAsync();
        var package = Directory.EnumerateFiles(_folder["packages"], "gitops-agent_*.deb").Single();
        var gateway = Directory.EnumerateFiles(_folder["packages"], "gitops-dmi_*.deb").Single();
        // This machine's own root, with a layer on top that goes away with the namespace.
        var script = _folder["in-a-root"];
        await WriteProgramAsync(script, $$"""
            set -e
            mount -t tmpfs none /mnt && mkdir /mnt/upper /mnt/work /mnt/root || exit 77
            mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root || exit 77
            cp {{package}} /mnt/root/tmp/agent.deb
            cp {{gateway}} /mnt/root/tmp/dmi.deb
            chroot /mnt/root sh -ec '
              dpkg -i /tmp/agent.deb
              gitops-agent --version
              test -x /usr/bin/gitops-agent -a -f /usr/share/bash-completion/completions/gitops-agent
              if command -v systemd-analyze; then systemd-analyze verify --man=no /lib/systemd/system/gitops-agent.service; fi
              mkdir -p /etc/gitops-agent /var/lib/gitops-agent
              dpkg -i /tmp/agent.deb
              dpkg -i /tmp/dmi.deb
              test "$(cat /usr/bin/gitops-dmi)" = mappers
              dpkg -P gitops-dmi
              dpkg -r gitops-agent
              test ! -e /usr/bin/gitops-agent
              test -d /etc/gitops-agent -a -d /var/lib/gitops-agent
              dpkg -P gitops-agent
              test ! -e /etc/gitops-agent -a ! -e /var/lib/gitops-agent
              echo purged
            '
            """);
        var result = await new CommandRunner(TimeProvider.System).RunAsync(
            new Command(["unshare", "-m", script]) { Deadline = TimeSpan.FromMinutes(3) }, Cancellation);
        if (result.ExitCode is 77 or 1 && result.Error.Contains("ermitted", StringComparison.Ordinal))
        {
            NeedsPackage.Missing($"needs root and overlayfs: {result.Error}");
        }

        Assert.True(result.Succeeded, result.Output + result.Error);
        Assert.EndsWith("purged\n", result.Output, StringComparison.Ordinal);
    }

    /// <summary>Makes the packages; returns the folder of the unpacked archive.</summary>
    private async Task<string> PackAsync()
    {
        NeedsPackage.OrSkip("dpkg", "dpkg-deb");
        await File.WriteAllTextAsync(_folder["dmi"], "mappers", Cancellation); // it is carried, whatever is in it
        await OutputAsync([$"{Programs.Repository}/edge-agent/package", "--output", _folder["packages"], $"x64={Programs.Agent}", $"dmi-x64={_folder["dmi"]}"]);
        var archive = Directory.EnumerateFiles(_folder["packages"], "*.tar.gz").Single();
        await OutputAsync(["tar", "-C", _folder.Path, "-xzf", archive]);
        return _folder[Path.GetFileName(archive)[..^".tar.gz".Length]];
    }

    private static void RequireNative()
    {
        if (!Programs.IsAgentNative)
        {
            NeedsPackage.Missing("GITOPS_AGENT names no native agent: ./test publishes one");
        }
    }

    private static async Task WriteProgramAsync(string path, string body)
    {
        await File.WriteAllTextAsync(path, $"#!/bin/sh\n{body}\n", Cancellation);
        Platform.Files.DiskFileLayer.Host.SetMode(path, (UnixFileMode)0x1ED);
    }

    private static async Task<string> OutputAsync(IReadOnlyList<string> arguments)
    {
        var result = await new CommandRunner(TimeProvider.System).RunAsync(new Command(arguments) { Deadline = TimeSpan.FromMinutes(3) }, Cancellation);
        Assert.True(result.Succeeded, $"{string.Join(' ', arguments)}: {result.ExitCode}\n{result.Output}{result.Error}");
        return result.Output;
    }
}
