using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using GitOps.Agent.Generations;
using GitOps.Agent.Host.Configuration;
using GitOps.Agent.Host.Control;
using GitOps.Agent.Host.Diagnosis;
using GitOps.Agent.Host.History;
using GitOps.Agent.Host.Logs;
using GitOps.Agent.Host.Secrets;
using GitOps.Agent.Host.State;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Support;

/// <summary>
/// Gathers what somebody elsewhere needs to understand a node into one <c>tar.gz</c>: what commands print, configuration,
/// certificates, ends of logs. No key, token or secret value goes in: secret files are not read but to take their values out
/// of everything else.
/// </summary>
internal sealed class SupportBundle(IFileLayer layer, AgentConfig config, ICommandRunner commands, TimeProvider time)
{
    private const int LogLines = 2000;
    private const int LongestLog = 1 << 20;
    private const int LongestSecret = 1 << 20;

    /// <summary>Writes the archive; the file must not exist yet, and only its owner can read it.</summary>
    public async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        var state = new StateStore(layer, config.Paths.State) is var store && layer.Stat(config.Paths.State) is not null ? store.Read().State : null;
        var redactor = new Redactor(Secrets(state));
        layer.CreateFile(path, [], AtomicFile.Private);
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        await using var zip = new GZipStream(file, CompressionLevel.Optimal);
        await using var tar = new TarWriter(zip, TarEntryFormat.Pax);
        await foreach (var (name, text) in GatherAsync(state, cancellationToken))
        {
            var bytes = Encoding.UTF8.GetBytes(redactor.Clean(text));
            var entry = new PaxTarEntry(TarEntryType.RegularFile, $"gitops-agent-support/{name}")
            {
                DataStream = new MemoryStream(bytes),
                ModificationTime = time.GetUtcNow(),
                Mode = AtomicFile.Readable,
            };
            await tar.WriteEntryAsync(entry, cancellationToken);
        }
    }

    private async IAsyncEnumerable<(string Name, string Text)> GatherAsync(
        DurableState? state, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (name, ask) in new[]
        {
            ("status.json", ControlRequest.Status), ("plan.json", ControlRequest.Plan), ("why.json", ControlRequest.Why), ("history.json", ControlRequest.History),
        })
        {
            var answer = await ControlClient.AskAsync(config.Paths.Socket, new ControlRequest(ask), cancellationToken);
            yield return (name, answer is null ? "no agent answers\n" : Encoding.UTF8.GetString(answer));
        }

        yield return ("doctor.txt", DoctorDocument.ToText(await new Doctor(layer, config, time).LookAsync(cancellationToken)));
        yield return ("history-on-disk.json", Encoding.UTF8.GetString(HistoryDocument.Of(
            state?.Generations ?? GenerationState.Initial, HistoryLog.Read(layer, config.Paths.History))));
        yield return ("units.json", state is null ? "no state\n" : MaskedUnits.Of(state.Owned.Select(o => o.Current)));
        foreach (var name in new[] { "agent.json", "policy.json", "root.json", "node.crt", "ca.crt" })
        {
            yield return ($"identity/{name}", ReadText($"{config.Paths.Identity}/{name}"));
        }

        foreach (var name in new[] { "/etc/os-release", "/proc/version", "/proc/meminfo", "/proc/mounts", "/proc/uptime", "/proc/loadavg" })
        {
            yield return ($"machine{name}", ReadText(name));
        }

        foreach (var unit in layer.Stat(config.Paths.Logs) is null ? [] : layer.Enumerate(config.Paths.Logs))
        {
            yield return ($"logs/{unit}.log", await TailAsync(unit, cancellationToken));
        }

        if (ProgramPath.Find("journalctl", workingDirectory: null) is { } journal)
        {
            var said = await commands.RunAsync([journal, "-u", "gitops-agent", "-n", "2000", "--no-pager"], cancellationToken);
            yield return ("agent.log", said.Output + said.Error);
        }
    }

    private async Task<string> TailAsync(string unit, CancellationToken cancellationToken)
    {
        using var kept = new MemoryStream();
        await foreach (var piece in new ProcessLogs(config.Paths, time).ReadAsync(unit, new LogQuery(LogLines, Follow: false), cancellationToken))
        {
            kept.Write(piece.Span);
        }

        var bytes = kept.ToArray();
        return Encoding.UTF8.GetString(bytes.AsSpan(Math.Max(0, bytes.Length - LongestLog)));
    }

    /// <summary>Values that must not be found in anything: the node's key, and the secrets that units fill in.</summary>
    private IEnumerable<string> Secrets(DurableState? state)
    {
        var files = (state?.Owned ?? []).SelectMany(o => new[] { o.Applied, o.Intended }).OfType<Unit>()
            .SelectMany(u => u.Spec.Contents()).SelectMany(c => c).OfType<ContentPart.Secret>().Select(s => s.File).OfType<string>();
        return files.Concat([config.Paths.Key, config.Paths.NextKey, config.Paths.SealKey]).Distinct(StringComparer.Ordinal)
            .Select(f => TryRead(f, LongestSecret)).OfType<string>()
            .Concat(new SealedFiles(layer, config.Paths.Sealed, config.Paths.SealKey).Values());
    }

    private string ReadText(string path) => TryRead(path, LongestLog) ?? $"{path} cannot be read\n";

    private string? TryRead(string path, int limit)
    {
        try
        {
            return layer.Read(path, limit) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
        }
        catch (FileLayerException)
        {
            return null;
        }
    }
}
