using System.Globalization;
using System.Text;
using GitOps.Platform.Processes;

namespace GitOps.ControlPlane.Git;

/// <summary>
/// Runs git on one bare repository: no prompt, no configuration of machine or user, no hooks, only the transports we mean,
/// messages in English.
/// </summary>
internal sealed class GitProgram(ICommandRunner commands, string directory, GitSource source)
{
    private const int TokenLimitBytes = 64 * 1024;
    private static readonly TimeSpan LocalDeadline = TimeSpan.FromSeconds(60);

    /// <summary>Variables that matter to how git and ssh reach a server; all others stay outside.</summary>
    private static readonly string[] Passed =
    [
        "HOME", "TMPDIR", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
    ];

    public string Directory => directory;

    /// <summary>Runs git on what is here.</summary>
    public Task<CommandResult> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken, TimeSpan? deadline = null) =>
        commands.RunAsync(ToCommand(arguments) with { Deadline = deadline ?? LocalDeadline }, cancellationToken);

    /// <summary>Runs git against the remote, with its credentials.</summary>
    public async Task<CommandResult> RunRemoteAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var command = ToCommand(arguments);
        var environment = new Dictionary<string, string?>(command.Environment, StringComparer.Ordinal);
        await AddCredentialsAsync(environment, cancellationToken).ConfigureAwait(false);
        return await commands
            .RunAsync(command with { Environment = environment, Deadline = source.Deadline }, cancellationToken)
            .ConfigureAwait(false);
    }

    public Command ToCommand(IEnumerable<string> arguments) =>
        new([
            "git", $"--git-dir={directory}", "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
            "-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30", .. arguments
        ])
        {
            InheritsEnvironment = false,
            WorkingDirectory = "/",
            Environment = Environment(),
        };

    private static Dictionary<string, string?> Environment()
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["LC_ALL"] = "C",
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["GIT_ASKPASS"] = "",
            ["SSH_ASKPASS"] = "",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["GIT_OPTIONAL_LOCKS"] = "0",
            ["GIT_ALLOW_PROTOCOL"] = "file:http:https:ssh",
            ["GIT_NO_LAZY_FETCH"] = "1",
            ["GIT_NO_REPLACE_OBJECTS"] = "1", // what was signed is what is read
        };
        foreach (var name in Passed)
        {
            if (System.Environment.GetEnvironmentVariable(name) is { } value)
            {
                environment[name] = value;
            }
        }

        return environment;
    }

    private async Task AddCredentialsAsync(Dictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        List<string> ssh = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "StrictHostKeyChecking=yes"];
        if (source.SshKeyFile is { } key)
        {
            ssh.AddRange(["-i", Quote(key), "-o", "IdentitiesOnly=yes"]);
        }

        if (source.KnownHostsFile is { } hosts)
        {
            ssh.AddRange(["-o", Quote($"UserKnownHostsFile={hosts}")]);
        }

        environment["GIT_SSH_COMMAND"] = string.Join(' ', ssh);
        if (source.AuthorityFile is { } authorities)
        {
            environment["GIT_SSL_CAINFO"] = authorities;
        }

        if (source.TokenFile is { } file)
        {
            // By environment, not by argument: arguments of a process are readable by everybody on the machine.
            var token = (await ReadTokenAsync(file, cancellationToken).ConfigureAwait(false)).Trim();
            var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{source.UserName}:{token}"));
            AddConfiguration(environment, $"http.{source.DisplayAddress}.extraHeader", $"Authorization: Basic {basic}");
        }
    }

    private static async Task<string> ReadTokenAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(file);
        var buffer = new byte[TokenLimitBytes];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static void AddConfiguration(Dictionary<string, string?> environment, string key, string value)
    {
        var count = int.Parse(environment.GetValueOrDefault("GIT_CONFIG_COUNT") ?? "0", CultureInfo.InvariantCulture);
        environment[string.Create(CultureInfo.InvariantCulture, $"GIT_CONFIG_KEY_{count}")] = key;
        environment[string.Create(CultureInfo.InvariantCulture, $"GIT_CONFIG_VALUE_{count}")] = value;
        environment["GIT_CONFIG_COUNT"] = (count + 1).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>git hands the ssh command to a shell.</summary>
    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
