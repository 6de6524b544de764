using System.Globalization;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Processes;

/// <summary>
/// A unit of systemd's for one run, made through <c>systemd-run</c>: it is no part of the agent's own unit, so nothing that is done to
/// that reaches it, and the machine's shutdown ends it after the agent and by its own signal.
/// </summary>
internal static class TransientUnit
{
    /// <summary>
    /// As the agent's own unit has it (install/gitops-agent.service): a process must not gain by having a unit of its own. Not
    /// <c>OOMPolicy=stop</c>: the shim has to tell what the kernel ended.
    /// </summary>
    private static readonly string[] Properties =
    [
        "KillMode=mixed", "SendSIGKILL=yes", "Delegate=yes", "OOMPolicy=continue", "UMask=0077", "LimitNOFILE=16384", "TasksMax=infinity",
        "StandardInput=null", "StandardOutput=null", "StandardError=journal", "KeyringMode=private", "LockPersonality=yes",
        "ProtectKernelModules=yes", "ProtectKernelLogs=yes", "SystemCallErrorNumber=EPERM",
        "SystemCallFilter=~@module @reboot @swap @obsolete @cpu-emulation",
        "CapabilityBoundingSet=~CAP_SYS_MODULE CAP_SYS_BOOT CAP_SYSLOG CAP_MAC_ADMIN CAP_MAC_OVERRIDE CAP_AUDIT_CONTROL CAP_AUDIT_READ " +
            "CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_LINUX_IMMUTABLE CAP_SYS_PACCT",
        // When the machine goes down, the agent goes first: it would start again what systemd ends.
        "Before=gitops-agent.service",
    ];

    /// <summary>Whether systemd rules this machine and may be asked.</summary>
    public static bool IsOffered => Environment.IsPrivilegedProcess && Directory.Exists("/run/systemd/system") &&
        ProgramPath.Find("systemd-run", workingDirectory: null) is not null;

    /// <summary>One for each run: the unit of the run before may not be collected yet.</summary>
    public static string NameOf(string workload, string runId) => $"gitops-{workload}-{runId[..8]}.service";

    /// <summary>The command that makes the unit, and ends when the unit says that it is ready, or has failed.</summary>
    public static Command Start(ShimOrder order, string workload, IReadOnlyList<string> shim) => new(
    [
        "systemd-run", "--quiet", "--collect", "--no-ask-password", $"--unit={order.SystemUnit}", "--service-type=notify", "--slice=gitops.slice",
        $"--description=workload/{workload} of the GitOps agent",
        .. Properties.Append(string.Create(CultureInfo.InvariantCulture, $"TimeoutStopSec={order.StopGraceMs + 5000}ms")).Select(p => $"--property={p}"),
        .. PassedOn(), "--", .. shim,
    ])
    {
        Deadline = TimeSpan.FromSeconds(30),
        OutputLimitBytes = 4096,
    };

    /// <summary>A test aid that a shim has to know of, too.</summary>
    private static IEnumerable<string> PassedOn() =>
        Environment.GetEnvironmentVariable(Faults.Failpoints.Variable) is { } failpoint ? [$"--setenv={Faults.Failpoints.Variable}={failpoint}"] : [];
}
