using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using GitOps.Agent.Generations;
using GitOps.Agent.Host.Configuration;
using GitOps.Agent.Host.Control;
using GitOps.Agent.Host.Devices;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Host.State;
using GitOps.Agent.Host.Transport;
using GitOps.Agent.Loop;
using GitOps.Bundles.Reports;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.Platform.Timing;
using GitOps.Platform.Tls;

namespace GitOps.Agent.Host.Diagnosis;

/// <summary>
/// Looks at everything an operator would look at first. Changes nothing, and needs neither a network nor an agent that runs:
/// what it cannot ask it says so of.
/// </summary>
internal sealed class Doctor(IFileLayer layer, AgentConfig config, TimeProvider time)
{
    public async Task<IReadOnlyList<Check>> LookAsync(CancellationToken cancellationToken)
    {
        var (state, slots) = State();
        var (report, answers) = await ReportAsync(cancellationToken);
        var (identity, files) = Identity();
        List<Check> checks =
        [
            Check.Ok("configuration", $"{config.Paths.Identity}/agent.json is read: node {config.Node} of fleet {config.Fleet}"),
            Judgement.Guarded("key", config.Paths.Key, layer.Stat(config.Paths.Key), isSecret: true, Self),
            Judgement.Guarded("policy", $"{config.Paths.Identity}/policy.json", layer.Stat($"{config.Paths.Identity}/policy.json"), isSecret: false, Self),
            Judgement.Guarded("settings", $"{config.Paths.Identity}/agent.json", layer.Stat($"{config.Paths.Identity}/agent.json"), isSecret: false, Self),
            Judgement.Guarded("folder", config.Paths.Identity, layer.Stat(config.Paths.Identity), isSecret: false, Self),
            .. layer.Stat(config.Paths.SealKey) is { } sealKey ? [Judgement.Guarded("seal key", config.Paths.SealKey, sealKey, isSecret: true, Self)] : (Check[])[],
            slots,
            Judgement.Agent(report, answers, answers ? null : Holder()),
            Disk(),
            SetSid(),
        ];
        using (identity)
        {
            checks.AddRange(files);
            if (identity is not null)
            {
                checks.AddRange(await WithIdentityAsync(identity, state, report, cancellationToken));
            }
        }

        checks.Add(await Reaching.EngineAsync(config.Engine, cancellationToken));
        if (config.LocalBroker is { } local)
        {
            checks.Add(await LocalBroker.LookAsync(local, config.LocalBrokerLogin is { } file ? new BrokerLogin(layer, file) : null, time, cancellationToken));
        }

        return checks;
    }

    private static uint Self => uint.TryParse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2], out var id) ? id : 0;

    private async Task<IReadOnlyList<Check>> WithIdentityAsync(
        X509Certificate2 identity, DurableState? state, NodeReport? report, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (from, to) = (new DateTimeOffset(identity.NotBefore.ToUniversalTime()), new DateTimeOffset(identity.NotAfter.ToUniversalTime()));
        var past = new[] { from, state?.TrustedTime ?? from }.Max();
        FollowedAuthorities authorities;
        try
        {
            authorities = new FollowedAuthorities(
                CertificateFiles.LoadAuthorities(layer, config.Paths.Authority), new NodeIdentity(config.Fleet, config.Node, config.Root), () => state?.Root);
        }
        catch (CertificateFileException e)
        {
            return [Check.Fail("authority", e.Message, "carry the folder that 'gitops node add' wrote to this node")];
        }

        var reaching = new Reaching(identity, new PeerVerifier(authorities.Current, PeerRole.Server, () => now > past ? now : past), time);
        var outside = await Task.WhenAll(
            reaching.StoreAsync(config.Server, config.Fleet, cancellationToken), reaching.BrokerAsync(config.Broker, cancellationToken));
        return [Judgement.Certificate(from, to, now), Judgement.Clock(now, past, report?.Clock, HostClock.IsSynchronised), .. outside];
    }

    private (X509Certificate2? Identity, IReadOnlyList<Check> Checks) Identity()
    {
        try
        {
            return (CertificateFiles.LoadIdentity(layer, config.Paths.Certificate, config.Paths.Key), []);
        }
        catch (IOException e)
        {
            return (null, [Check.Fail("certificate", e.Message, "carry the folder that 'gitops node add' wrote to this node, and ask as the agent's user or root")]);
        }
    }

    private (DurableState? State, Check Check) State()
    {
        const string Name = "state";
        if (layer.Stat(config.Paths.State) is null)
        {
            return (null, Check.Note(Name, $"there is no {config.Paths.State} yet: no agent ran here"));
        }

        var (state, problem) = new StateStore(layer, config.Paths.State).Read();
        return (state, problem) switch
        {
            (null, { } lost) => (null, Check.Fail(Name, lost.What, lost.Fix)),
            ({ } fallen, { } because) => (fallen, Check.Warn(Name, $"the slot before the newest is used: {because.What}", "check the disk of this node")),
            _ => (state, Check.Ok(Name, $"both slots in {config.Paths.State} are sound, or the first was not written yet")),
        };
    }

    private Check Disk()
    {
        try
        {
            var drive = new DriveInfo(layer.Stat(config.Paths.State) is null ? "/" : config.Paths.State);
            return Judgement.Disk(config.Paths.State, drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (IOException e)
        {
            return Check.Fail("disk", e.Message, "check the disk of this node");
        }
    }

    private static Check SetSid() => ProgramPath.Find("setsid", workingDirectory: null) is { } path
        ? Check.Ok("processes", $"{path} is there, to start them")
        : Check.Fail("processes", "there is no 'setsid', so no process can be started", "install util-linux or BusyBox");

    /// <summary>Who has the state directory, by what the lock says of its last holder: taking it would be in the way of one that starts.</summary>
    private string? Holder()
    {
        try
        {
            var holder = layer.Read(config.Paths.Lock, 64) is { } bytes ? Encoding.UTF8.GetString(bytes) : "";
            return int.TryParse(holder.Split(' ')[^1], out var process) && ProcessTable.Find(process) is not null ? holder : null;
        }
        catch (FileLayerException)
        {
            return "somebody else";
        }
    }

    private async Task<(NodeReport? Report, bool Answers)> ReportAsync(CancellationToken cancellationToken)
    {
        if (await ControlClient.AskAsync(config.Paths.Socket, new ControlRequest(ControlRequest.Status), cancellationToken) is not { } answer)
        {
            return (null, false);
        }

        using var json = JsonDocument.Parse(answer);
        return (json.RootElement.TryGetProperty("report", out var raw) ? ReportJson.TryReadReport(Encoding.UTF8.GetBytes(raw.GetRawText())) : null, true);
    }
}
