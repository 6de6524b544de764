using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Convergence;
using GitOps.Benchmarks.Measuring;
using GitOps.Platform.Processes;

namespace GitOps.Benchmarks.Agent;

/// <summary>
/// 200 files that are as they should be, looked at by us and by others. Theirs is one process that starts, looks at all and
/// ends. Ours does not end: beside it stands a start until the agent has looked at all and its plan is empty (what it
/// starts besides, such as its connections, included), and one pass of an agent that runs.
/// </summary>
internal sealed class NoOpBeside : Benchmark
{
    private const int Passes = 50;
    private static readonly AgentFleet Fleet = new(Files: 200);

    public override string Name => "agent-noop";

    public override string Says => "200 files that need nothing, beside cf-agent, puppet apply and ansible-playbook (Debian packages)";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (program, runs) = (AgentProgram.Find(), bench.RunsOr(7));
        await using var stand = await AgentStand.StartAsync(bench, directory, Fleet, commits: 0, TimeSpan.FromMinutes(5), cancellationToken);
        List<Sample> ours = [];
        for (var run = 0; run <= runs; run++)
        {
            var (wall, cpu) = await AgentStart.OnceAsync(stand, program, cancellationToken);
            ours.Add(new Sample(wall.TotalMilliseconds, cpu.TotalMilliseconds));
        }

        var (start, pass) = (Sample.Median(ours[1..]), await PassAsync(stand, cancellationToken));
        foreach (var peer in Peer.All(directory, Fleet))
        {
            if (!await peer.EnsureAsync(bench.Commands, cancellationToken))
            {
                Console.Error.WriteLine($"   {peer.Name}: not installed");
                continue;
            }

            List<Sample> theirs = [];
            for (var run = 0; run <= (peer.IsSlow ? 1 : runs); run++)
            {
                theirs.Add(await Clocked.OnceAsync(() => peer.RunAsync(bench.Commands, cancellationToken)));
            }

            var least = Sample.Median(theirs[1..]);
            yield return new Figure(Name, "200 files: start to empty plan", "ms", start.WallMs, least.WallMs, peer.Name, runs);
            yield return new Figure(Name, "200 files: start to empty plan", "ms cpu", start.CpuMs, least.CpuMs, peer.Name, runs);
            yield return new Figure(Name, "200 files: a pass of a running agent", "ms", pass.WallMs, least.WallMs, peer.Name, runs);
        }

        yield return new Figure(Name, "200 files: a pass of a running agent", "ms cpu", pass.CpuMs, null, "", Passes);
    }

    /// <summary>A question that is heard between two passes is followed by one, so that one after the other they take as many passes.</summary>
    private static async Task<Sample> PassAsync(AgentStand stand, CancellationToken cancellationToken)
    {
        var before = ProcessTimes.Of(stand.Agent.ProcessId);
        var sample = await Clocked.OnceAsync(async () =>
        {
            for (var pass = 0; pass < Passes; pass++)
            {
                using var answer = await AgentSocket.AskAsync(stand.Agent.Socket, "release", cancellationToken);
            }
        });
        var cpu = (ProcessTimes.Of(stand.Agent.ProcessId) - before).TotalMilliseconds;
        return new Sample(sample.WallMs / Passes, cpu / Passes);
    }

    /// <summary>Another program, and its own words for the same files.</summary>
    private sealed record Peer(string Name, string Package, string Program, IReadOnlyList<string> Arguments, string Folder)
    {
        public bool IsSlow { get; init; }

        public static IEnumerable<Peer> All(string directory, AgentFleet fleet)
        {
            var folder = $"{directory}/peers";
            Directory.CreateDirectory(folder);
            Directory.CreateDirectory($"{folder}/files");
            var files = Enumerable.Range(0, fleet.Files).Select(i => (
                Path: string.Create(CultureInfo.InvariantCulture, $"{folder}/files/file-{i:000}"),
                Text: string.Create(CultureInfo.InvariantCulture, $"setting = {i}"))).ToList();
            File.WriteAllText($"{folder}/files.cf", string.Concat(
                "body common control { bundlesequence => { \"main\" }; }\n",
                "body edit_defaults empty { empty_file_before_editing => \"true\"; edit_backup => \"false\"; }\n",
                "body perms mode(m) { mode => \"$(m)\"; rxdirs => \"false\"; }\n",
                "bundle edit_line lines(text) { insert_lines: \"$(text)\"; }\n",
                "bundle agent main {\nfiles:\n",
                string.Concat(files.Select(f =>
                    $"  \"{f.Path}\" create => \"true\", edit_line => lines(\"{f.Text}\"), edit_defaults => empty, perms => mode(\"644\");\n")),
                "}\n"));
            if (OperatingSystem.IsLinux())
            {
                File.SetUnixFileMode($"{folder}/files.cf", UnixFileMode.UserRead | UnixFileMode.UserWrite); // it reads no other
            }

            File.WriteAllText($"{folder}/files.pp", string.Concat(files.Select(f =>
                $"file {{ '{f.Path}': ensure => file, mode => '0644', content => \"{f.Text}\\n\" }}\n")));
            File.WriteAllText($"{folder}/files.yml", string.Concat(
                "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n",
                string.Concat(files.Select(f =>
                    $"    - copy: {{dest: \"{f.Path}\", content: \"{f.Text}\\n\", mode: \"0644\"}}\n"))));
            yield return new Peer("cf-agent", "cfengine3", "cf-agent", ["--no-lock", "--file", $"{folder}/files.cf"], folder);
            yield return new Peer("puppet apply", "puppet", "puppet", ["apply", "--confdir", $"{folder}/puppet", "--vardir", $"{folder}/puppet-var", $"{folder}/files.pp"], folder);
            yield return new Peer("ansible-playbook -c local", "ansible", "ansible-playbook", ["-i", "localhost,", "-c", "local", $"{folder}/files.yml"], folder) { IsSlow = true };
        }

        /// <summary>Installs it where it is missing and that can be done; false when it cannot.</summary>
        public async Task<bool> EnsureAsync(ICommandRunner commands, CancellationToken cancellationToken)
        {
            if (ProgramPath.Find(Program, workingDirectory: null) is not null)
            {
                return true;
            }

            var install = await commands.RunAsync(
                new Command(["apt-get", "install", "-y", "-qq", "--no-install-recommends", Package])
                {
                    Deadline = TimeSpan.FromMinutes(10),
                    Environment = new Dictionary<string, string?> { ["DEBIAN_FRONTEND"] = "noninteractive" },
                },
                cancellationToken);
            return install.Succeeded && ProgramPath.Find(Program, workingDirectory: null) is not null;
        }

        public async Task RunAsync(ICommandRunner commands, CancellationToken cancellationToken)
        {
            var result = await commands.RunAsync(
                new Command([Program, .. Arguments]) { Deadline = TimeSpan.FromMinutes(IsSlow ? 30 : 10), WorkingDirectory = Folder }, cancellationToken);
            if (!result.Succeeded || Directory.GetFiles($"{Folder}/files", "file-???").Length != Fleet.Files)
            {
                throw new InvalidOperationException($"{Name} ended with {result.ExitCode}: {result.Error}{result.Output}");
            }
        }
    }
}
