using GitOps.Platform.Files;
using Xunit;

namespace GitOps.TestKit.Files;

/// <summary>How far to look.</summary>
/// <param name="Setup">Done before the scenario; all of it holds.</param>
/// <param name="StatesPerPoint">Per operation of the scenario: all states where there are fewer, else a sample.</param>
/// <param name="Recover">
/// What the program does at boot, where it writes: the power is cut during that as well, from every tenth state, and the
/// invariant must hold after it.
/// </param>
public sealed record CrashOptions(
    Action<IFileLayer>? Setup = null, int Seed = 1, int StatesPerPoint = 256, Action<IFileLayer>? Recover = null);

/// <summary>
/// Checks a writer against every power cut: runs it once on a recording file system, then hands each state the disk may be
/// in, after each of its operations, to an invariant, which recovers as the program does at boot and throws when something
/// is wrong.
/// </summary>
public static class CrashReplay
{
    /// <summary>Checks; fails the test with the operations and the state that broke the invariant.</summary>
    /// <returns>How many states were looked at.</returns>
    public static int Check(Action<IFileLayer> scenario, Action<IFileLayer> invariant, CrashOptions? options = null) =>
        Check<object>((layer, _) => scenario(layer), (layer, _) => invariant(layer), options);

    /// <summary>
    /// Checks a writer that tells somebody "this holds now" by calling its second argument; the invariant is given what had
    /// been told before the power went, oldest first.
    /// </summary>
    public static int Check<TAck>(
        Action<IFileLayer, Action<TAck>> scenario,
        Action<IFileLayer, IReadOnlyList<TAck>> invariant,
        CrashOptions? options = null)
    {
        var (states, violation) = Replay(scenario, invariant, options ?? new CrashOptions(), flushToDrop: null);
        Assert.True(violation is null, violation);
        return states;
    }

    /// <summary>The flushes of a scenario that could be left out without any state breaking the invariant. Should be none.</summary>
    public static IReadOnlyList<string> FlushesWithoutEffect(
        Action<IFileLayer> scenario, Action<IFileLayer> invariant, CrashOptions? options = null) =>
        FlushesWithoutEffect<object>((layer, _) => scenario(layer), (layer, _) => invariant(layer), options);

    /// <inheritdoc cref="FlushesWithoutEffect(Action{IFileLayer}, Action{IFileLayer}, CrashOptions?)"/>
    public static IReadOnlyList<string> FlushesWithoutEffect<TAck>(
        Action<IFileLayer, Action<TAck>> scenario,
        Action<IFileLayer, IReadOnlyList<TAck>> invariant,
        CrashOptions? options = null)
    {
        var checkedOptions = options ?? new CrashOptions();
        var recorded = Record(scenario, Prepare(checkedOptions), flushToDrop: null);
        Assert.NotEmpty(recorded.Flushes);
        return
        [
            .. recorded.Flushes.Where((_, index) => Replay(scenario, invariant, checkedOptions, index).Violation is null),
        ];
    }

    private static InodeTable Prepare(CrashOptions options)
    {
        var layer = new MemoryFileLayer();
        options.Setup?.Invoke(layer);
        return layer.Table;
    }

    private static MemoryFileLayer Record<TAck>(Action<IFileLayer, Action<TAck>> scenario, InodeTable start, int? flushToDrop)
    {
        var layer = new MemoryFileLayer(start.Clone(), flushToDrop);
        scenario(layer, value => layer.Acknowledge(value));
        return layer;
    }

    private static (int States, string? Violation) Replay<TAck>(
        Action<IFileLayer, Action<TAck>> scenario,
        Action<IFileLayer, IReadOnlyList<TAck>> invariant,
        CrashOptions options,
        int? flushToDrop)
    {
        var start = Prepare(options);
        var effects = Record(scenario, start, flushToDrop).Effects;
        return Cut<TAck>(
            start,
            effects,
            options,
            [],
            (state, acknowledged) => invariant(new MemoryFileLayer(state, flushToDrop: null), acknowledged));
    }

    /// <summary>Cuts the power after each effect; the invariant gets a state of its own to recover in.</summary>
    private static (int States, string? Violation) Cut<TAck>(
        InodeTable start,
        IReadOnlyList<Effect> effects,
        CrashOptions options,
        IReadOnlyList<TAck> before,
        Action<InodeTable, IReadOnlyList<TAck>> invariant)
    {
        var disk = new CrashStates(start, options.Seed, options.StatesPerPoint);
        List<TAck> acknowledged = [.. before];
        var states = 0;
        for (var point = 0; ; point++)
        {
            foreach (var state in disk.Now())
            {
                states++;
                try
                {
                    if (options.Recover is { } recover && states % 10 == 1)
                    {
                        var recovery = Record<TAck>((layer, _) => recover(layer), state, flushToDrop: null).Effects;
                        var (more, again) = Cut(state, recovery, options with { Recover = null }, acknowledged, invariant);
                        states += more;
                        Assert.True(again is null, $"the power is cut again while it recovers:\n{again}");
                    }

                    invariant(state.Clone(), acknowledged);
                }
                catch (Exception broken) // whatever a recovery throws is what this is looking for
                {
                    return (states, Explain(effects, point, state, broken));
                }
            }

            if (point == effects.Count)
            {
                return (states, null);
            }

            disk.Advance(effects[point]);
            if (effects[point] is Effect.Acknowledged { Value: TAck value })
            {
                acknowledged.Add(value);
            }
        }
    }

    private static string Explain(IReadOnlyList<Effect> effects, int point, InodeTable state, Exception broken) =>
        $"""
        A power cut after these operations (the last 12 of {point}):
          {string.Join("\n  ", effects.Take(point).TakeLast(12).Select(effect => effect.What))}
        may leave
          {string.Join("\n  ", state.Describe())}
        which breaks the invariant:
        {broken}
        """;
}
