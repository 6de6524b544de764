using System.Collections.Concurrent;
using System.Globalization;
using GitOps.Agent.Containers;
using GitOps.Agent.Host.Processes;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Containers;

/// <summary>Notes how containers end: durably, with their last lines, and as an event for the report.</summary>
internal sealed class GroupEnds(Engine engine, GroupRecords records, TimeProvider time)
{
    private const int LastLines = 10;
    private const int LastBytes = 2048;

    /// <summary>Containers seen running since this agent started: when those end is known.</summary>
    private readonly ConcurrentDictionary<string, byte> _running = new(StringComparer.Ordinal);

    public Action<Problem, UnitId>? Note { get; set; }

    /// <summary>Notes an end that was not noted before.</summary>
    public async Task SeeAsync(Unit unit, InspectedContainer container, CancellationToken cancellationToken)
    {
        if (container.State.Running)
        {
            _running[container.Id] = 0;
            return;
        }

        if (GroupReading.EndOf(container) is not { } end || Labels.Read(container.Config.Labels) is not (var name, not ContainerRole.Sandbox, var key) ||
            records.Read(unit.Name).Runs.GetValueOrDefault(name) is not { } run || run.Key != key.ToString() || run.NotedEnd == end)
        {
            return;
        }

        var isFresh = _running.TryRemove(container.Id, out _);
        var noted = run with { NotedEnd = end, EndedAtMs = isFresh ? ProcessTable.NowMs : null };
        if (run.IsStopOrdered && run.EndedBecause is null)
        {
            records.NoteRun(unit.Name, name, noted);
            return;
        }

        IReadOnlyList<string> lines = [];
        try
        {
            lines = await engine.LogAsync(container.Id, LastLines, LastBytes, cancellationToken);
        }
        catch (EngineException)
        {
            // Its log is worth less than knowing that it ended.
        }

        var ended = new EndRecord(name, time.GetUtcNow(), container.State.ExitCode, container.State.OomKilled,
            (long)GroupReading.RanFor(container).TotalMilliseconds, run.EndedBecause, lines);
        records.NoteEnd(unit.Name, noted, ended);
        if (ended.ExitCode != 0 || ended.Because is not null || unit.Group.Containers.Any(c => c.Name == name && c.Restart == RestartPolicy.Always))
        {
            Note?.Invoke(new Problem(ContainerCodes.Ended, $"{unit.Id}: container '{name}' {Describe(ended)}", "see its log"), unit.Id);
        }
    }

    internal static string Describe(EndRecord end)
    {
        var how = end.Because ?? string.Create(CultureInfo.InvariantCulture,
            $"exited with {end.ExitCode}{(end.OutOfMemory ? ", out of memory," : "")} after {end.RanForMs / 1000.0:0.#} s");
        return end.LastLines.Count == 0 ? how : $"{how}; its last lines: {string.Join(" | ", end.LastLines)}";
    }
}
