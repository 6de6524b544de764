using GitOps.Bundles;

namespace GitOps.Agent.Loop;

/// <summary>Notices that somebody else keeps changing what the agent puts right.</summary>
internal sealed class FightWatch
{
    public const int Reversions = 3;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    private readonly Dictionary<UnitId, Queue<TimeSpan>> _repairs = [];

    /// <summary>A unit that was as desired once was put right again. True when that happens too often.</summary>
    public bool IsFight(UnitId id, TimeSpan uptime)
    {
        if (!_repairs.TryGetValue(id, out var times))
        {
            times = _repairs[id] = new Queue<TimeSpan>();
        }

        times.Enqueue(uptime);
        while (uptime - times.Peek() > Window)
        {
            times.Dequeue();
        }

        return times.Count >= Reversions;
    }

    public void Forget(UnitId id) => _repairs.Remove(id);

    public void Clear() => _repairs.Clear();
}
