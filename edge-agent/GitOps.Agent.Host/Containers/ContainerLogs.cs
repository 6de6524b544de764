using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using GitOps.Agent.Containers;
using GitOps.Agent.Host.Logs;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Containers;

/// <summary>One line that a container wrote, or the agent about it.</summary>
/// <param name="Container">As in the unit.</param>
internal sealed record ContainerLine(string Container, string Text);

/// <summary>
/// Reads what containers of a unit wrote: how runs ended that were noted, then the last lines of each container, then, where
/// somebody follows, whatever comes. Each line begins with the container's name.
/// </summary>
internal sealed class ContainerLogs(Engine engine, GroupRecords records) : IUnitLogs
{
    private const int MostLines = 10_000;
    private const int LimitBytes = 1 << 20;

    /// <summary>Lines that wait for a slow reader; older ones go.</summary>
    private const int MostWaiting = 10_000;

    public bool Has(Unit unit) => unit.Spec is WorkloadSpec { Containers: not null };

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        Unit unit, LogQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<ContainerLine>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest });
        foreach (var end in Ends(unit.Name, query.Part))
        {
            yield return ToBytes(end);
        }

        if (!query.Follow)
        {
            foreach (var line in await ReadAsync(unit, query.Part, query.Lines, cancellationToken))
            {
                yield return ToBytes(line);
            }

            yield break;
        }

        var reading = FollowAllAsync(unit, query, channel.Writer, cancellationToken);
        await foreach (var line in channel.Reader.ReadAllAsync(cancellationToken))
        {
            yield return ToBytes(line);
        }

        await reading;
    }

    /// <summary>The last lines of each container, in the order of the unit: at most 10,000, and 1 MiB, of each.</summary>
    /// <param name="container">Null: all of them.</param>
    public async Task<IReadOnlyList<ContainerLine>> ReadAsync(Unit unit, string? container, int lines, CancellationToken cancellationToken)
    {
        List<ContainerLine> all = [];
        foreach (var spec in unit.Group.All().Where(c => container is null || c.Name == container))
        {
            try
            {
                var log = await engine.LogAsync(Labels.NameOf(unit.Name, spec.Name), Math.Clamp(lines, 0, MostLines), LimitBytes, cancellationToken);
                all.AddRange(log.Select(line => new ContainerLine(spec.Name, line)));
            }
            catch (EngineException e)
            {
                all.Add(Unreadable(spec.Name, e));
            }
        }

        return all;
    }

    /// <summary>How runs ended, also while the engine is away.</summary>
    public IEnumerable<ContainerLine> Ends(string unit, string? container) =>
        from end in records.Read(unit).Ends
        where container is null || end.Container == container
        select new ContainerLine(end.Container, $"({end.Time:u} {GroupEnds.Describe(end)})");

    private async Task FollowAllAsync(Unit unit, LogQuery query, ChannelWriter<ContainerLine> writer, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(unit.Group.All().Where(c => query.Part is null || c.Name == query.Part)
                .Select(c => FollowAsync(unit, c.Name, query.Lines, writer, cancellationToken)));
        }
        finally
        {
            writer.Complete();
        }
    }

    private async Task FollowAsync(Unit unit, string container, int lines, ChannelWriter<ContainerLine> writer, CancellationToken cancellationToken)
    {
        try
        {
            await engine.FollowLogAsync(Labels.NameOf(unit.Name, container), Math.Clamp(lines, 0, MostLines), LimitBytes,
                line => writer.TryWrite(new ContainerLine(container, line)), cancellationToken);
        }
        catch (EngineException e)
        {
            writer.TryWrite(Unreadable(container, e));
        }
    }

    private static ContainerLine Unreadable(string container, EngineException e) => new(container, $"(its log cannot be read: {e.Message})");

    private static ReadOnlyMemory<byte> ToBytes(ContainerLine line) => Encoding.UTF8.GetBytes($"{line.Container}: {line.Text}\n");
}
